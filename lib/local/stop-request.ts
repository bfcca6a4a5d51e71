const PARENT_CHECK_MS = 500;

/** Whether `npm start` of this project started this process: then npm is the process that users stop. */
const isOfNpm = (): boolean =>
  process.env['npm_lifecycle_event'] === 'start' && process.env['npm_package_name'] === 'chat-service';

/**
 * Calls back when this process should end: on Ctrl-C, on SIGTERM, when its terminal closes, when the process that
 * forked it has ended, and when npm has, since a killed npm passes no signal on.
 *
 * Without a terminal SIGHUP is ignored, as under `nohup`: Node resets the signal handling that `nohup` sets up.
 *
 * @param onRequest gets the reason in a few words; may be called more than once
 */
export const onStopRequest = (onRequest: (why: string) => void): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => onRequest(signal));

  let hungUp = false;
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGHUP', () => {
    if (hasTerminal) onRequest('The terminal was closed');
    hungUp = true;
  });

  const stopAlone = (): void => onRequest('Whoever started it has gone');
  if (process.send !== undefined) {
    if (process.connected) process.on('disconnect', stopAlone);
    else stopAlone();
  }
  if (!isOfNpm()) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    // SIGHUP also ends npm, and must not end a process that runs under `nohup`.
    if (!hungUp) stopAlone();
  }, PARENT_CHECK_MS);
  watch.unref();
};

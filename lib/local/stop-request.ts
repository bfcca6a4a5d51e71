const PARENT_CHECK_MS = 500;

/** Whether npm started this process, by `npm start` of this project: then it is npm that people stop. */
const isOfNpm = (): boolean =>
  process.env['npm_lifecycle_event'] === 'start' && process.env['npm_package_name'] === 'chat-service';

/**
 * Calls back when this process is to end: at Ctrl-C, at SIGTERM, when its terminal is closed, when the process that
 * forked it is gone, and when npm is, which may have been killed without a chance to pass that on.
 *
 * Without a terminal SIGHUP ends nothing: that is how `nohup` runs a program, and Node undoes what it does to that end.
 *
 * @param onRequest gets a few words on why; it may be called again
 */
export const whenToldToStop = (onRequest: (why: string) => void): void => {
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
    // The signal that `nohup` is for ends npm too.
    if (!hungUp) stopAlone();
  }, PARENT_CHECK_MS);
  watch.unref();
};

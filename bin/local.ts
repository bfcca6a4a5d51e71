import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalCloud, type LocalCloud } from '../lib/local/cloud.ts';
import { assertPortIsFree } from '../lib/local/stores/free-port.ts';
import packageJson from '../package.json' with { type: 'json' };

// npm start                  runs the whole service on this machine
// npm start -- --fresh       forgets all data first
// npm start -- --data DIR    keeps the data there instead of in .local
// WEB_PORT, PORT, WS_PORT    move the three ports; 0 takes any free one
// HOST                       where they listen, for a container: 0.0.0.0
const { values } = parseArgs({
  options: {
    fresh: { type: 'boolean', default: false },
    data: { type: 'string', default: resolve(import.meta.dirname, '../.local') },
  },
});

// Lambda's time zone, which worker threads take from their process.
process.env['TZ'] = 'UTC';

const WEB_PORT = 8080;

const startedAt = performance.now();
const log = (line: string): void => console.log(`  ${line}`);

const portFrom = (name: string, otherwise: number): number => {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${name} is ${text}, which is no port.`);
};

/** Unlike the APIs' ports, nobody relies on the page's: when its usual one is taken, any other will do. */
const webPort = async (): Promise<number> => {
  const asked = portFrom('WEB_PORT', -1);
  if (asked !== -1) return asked;
  return assertPortIsFree(WEB_PORT).then(
    () => WEB_PORT,
    () => 0,
  );
};

const sentenceFor = (error: unknown): string => {
  const { code, port, message } = error as Error & { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} is taken: stop what listens there, or move this one with WEB_PORT, PORT or WS_PORT.`;
  }
  return message;
};

const stopWhenTold = (cloud: LocalCloud): void => {
  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    console.log(`\n${why}: finishing what is under way`);
    await cloud.stop();
    console.log('Stopped.');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal));
  // A process that started this one, and crashed, stops nothing any more.
  const stopAlone = (): void => void stop('Whoever started it has gone');
  if (process.send !== undefined && !process.connected) stopAlone();
  else process.on('disconnect', stopAlone);
};

try {
  if (values.fresh) rmSync(values.data, { recursive: true, force: true });
  console.log(`Chat service ${packageJson.version}: starting the stage 'local' on this machine`);
  const cloud = await startLocalCloud({
    dataDirectory: values.data,
    httpPort: portFrom('PORT', 8000),
    webSocketPort: portFrom('WS_PORT', 8001),
    webPort: await webPort(),
    ...(process.env['HOST'] === undefined ? {} : { listenOn: process.env['HOST'] }),
    log,
  });
  stopWhenTold(cloud);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`
Ready in ${seconds} s
  Chat page      ${cloud.webUrl}
  HTTP API       ${cloud.httpUrl}/api/v1
  WebSocket API  ${cloud.websocketUrl}
  Data           ${values.data}

Ctrl-C stops it. In another terminal: npm run demo`);
  // For whoever started this process and wants to know where it listens.
  const { httpUrl, websocketUrl, webUrl } = cloud;
  if (process.connected) process.send?.({ httpUrl, websocketUrl, webUrl });
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

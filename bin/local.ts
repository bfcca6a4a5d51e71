import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BUILD_DIRECTORY, projectRoot } from '../lib/constructs/build-cache.ts';
import { startLocalCloud, type LocalCloud } from '../lib/local/cloud.ts';
import { deleteData } from '../lib/local/data-folder.ts';
import { DATA_DIRECTORY } from '../lib/local/endpoints.ts';
import { readLastPorts } from '../lib/local/last-ports.ts';
import { onStopRequest } from '../lib/local/stop-request.ts';
import { freePortLike } from '../lib/local/stores/free-port.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readArguments, refuse } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm start                  runs the whole service on this machine
npm start -- --fresh       forgets all data first
npm start -- --data DIR    keeps the data there instead of in .local
WEB_PORT, PORT, WS_PORT    in the environment move the three ports; 0 takes any free one
S3_PORT, FILES_PORT        those of S3 and of CloudFront for files; unless named, those of the last start, or any free ones
MAIL_DIR                   where mails are written to, each a file; unless named, mail in the data folder
HOST                       where they listen, for a container: 0.0.0.0
CORS_ORIGINS               whose pages may call the HTTP API, with commas between; unless named, all of this machine
MYSQL_URL, MONGODB_URL     stores to use instead of its own`,
  options: {
    fresh: { type: 'boolean', default: false },
    data: { type: 'string', default: DATA_DIRECTORY },
  },
});

// Lambda runs in UTC; worker threads inherit the time zone of their process.
process.env['TZ'] = 'UTC';

const WEB_PORT = 8080;

const startedAt = performance.now();
const log = (line: string): void => console.log(`  ${line}`);

/** @returns undefined when the environment names none */
const portFrom = (name: string): number | undefined => {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  return refuse(`${name} is ${text}, which is no port.`);
};

/**
 * The port of the page. Unlike the APIs' ports it may change: when the usual port is taken, any other will do,
 * preferably the last one, since open pages and their sessions belong to it.
 */
const webPort = async (dataDirectory: string): Promise<number> =>
  portFrom('WEB_PORT') ??
  ((await freePortLike(WEB_PORT)) || (await freePortLike(readLastPorts(dataDirectory).web)));

/** The origins in `CORS_ORIGINS`; undefined when the variable is not set. */
const originsFrom = (text: string | undefined): string[] | undefined => {
  if (text === undefined || text.trim() === '') return undefined;
  const origins = text.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  return wrong === undefined
    ? origins
    : refuse(`CORS_ORIGINS has ${wrong}, which is no origin: https://chat.example.org is one.`);
};

/** Puts build results into the data folder when the project's own folder is not writable. */
const placeBuilds = (dataDirectory: string): void => {
  try {
    const builds = join(projectRoot, '.build');
    mkdirSync(builds, { recursive: true });
    accessSync(builds, constants.W_OK);
  } catch {
    process.env[BUILD_DIRECTORY] ??= join(dataDirectory, 'build');
  }
};

const sentenceFor = (error: unknown): string => {
  const { code, port, message } = error as Error & { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port ?? ''} is taken: stop what listens there, or move this one with WEB_PORT, PORT, WS_PORT, S3_PORT or FILES_PORT.`;
  }
  return message;
};

/** The time in milliseconds that servers which are still starting have to stop by themselves. */
const BREAK_OFF_MS = 30_000;

// The process goes on when nobody reads its output any more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const breakingOff = new AbortController();
let cloud: LocalCloud | undefined;

// Registered before anything is started, so that a stop request always stops everything started so far.
onStopRequest((why) => {
  if (breakingOff.signal.aborted) return;
  console.log(
    `\n${why}: ${cloud === undefined ? 'stopping what was started' : 'finishing what is under way'}`,
  );
  breakingOff.abort();
  if (cloud === undefined) {
    // What has not stopped by then ends with this process.
    setTimeout(() => process.exit(1), BREAK_OFF_MS).unref();
  } else {
    void end(cloud);
  }
});

const end = async (running: LocalCloud | undefined): Promise<never> => {
  await running?.stop();
  console.log('Stopped.');
  process.exit(0);
};

if (values.data === '') refuse('--data is empty: the name of a folder is wanted.');
for (const name of ['RATE_LIMITS', 'VALIDATE_OUTPUT']) {
  const value = process.env[name] ?? '';
  if (!['', 'on', 'off'].includes(value)) refuse(`${name} is ${value}: on or off is wanted.`);
}
if (!/^\d{0,3}$/.test(process.env['PUSH_HOLD_SECONDS'] ?? ''))
  refuse('PUSH_HOLD_SECONDS is a whole number of up to three digits.');
const dataDirectory = resolve(values.data);
const allowOrigins = originsFrom(process.env['CORS_ORIGINS']);
placeBuilds(dataDirectory);

try {
  if (values.fresh) deleteData(dataDirectory, log);
  console.log(`Chat service ${packageJson.version}: starting the stage 'local' on this machine`);
  const [s3Port, filesPort] = [portFrom('S3_PORT'), portFrom('FILES_PORT')];
  const started = await startLocalCloud({
    dataDirectory,
    httpPort: portFrom('PORT') ?? 8000,
    webSocketPort: portFrom('WS_PORT') ?? 8001,
    webPort: await webPort(dataDirectory),
    ...(s3Port === undefined ? {} : { s3Port }),
    ...(filesPort === undefined ? {} : { filesPort }),
    ...(allowOrigins === undefined ? {} : { allowOrigins }),
    ...(process.env['MAIL_DIR'] ? { mailDirectory: resolve(process.env['MAIL_DIR']) } : {}),
    ...(process.env['HOST'] === undefined ? {} : { listenOn: process.env['HOST'] }),
    log,
    signal: breakingOff.signal,
  });
  cloud = started;
  if (breakingOff.signal.aborted) await end(started);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`
Ready in ${seconds} s
  Chat page      ${started.webUrl}
  HTTP API       ${started.httpUrl}/api/v1
  WebSocket API  ${started.websocketUrl}
  Data           ${dataDirectory}
  Mail           ${started.mailDirectory}

Ctrl-C stops it. In another terminal: npm run demo${dataDirectory === DATA_DIRECTORY ? '' : ` -- --data ${dataDirectory}`}`);
  // For a parent process that wants to know the addresses.
  const { httpUrl, websocketUrl, webUrl } = started;
  if (process.connected) process.send?.({ httpUrl, websocketUrl, webUrl });
} catch (error) {
  if (breakingOff.signal.aborted) await end(undefined);
  console.error(sentenceFor(error));
  process.exit(1);
}

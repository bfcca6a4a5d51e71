import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { context } from 'esbuild';
import { htmlWith, pageOptions, publicFiles } from '../lib/constructs/web-bundle.ts';
import { DATA_DIRECTORY, readEndpoints } from '../lib/local/endpoints.ts';
import { readArguments, refuse } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run web                  serves the page while one works on it, on port 5173, for the service that npm start runs
npm run web -- --port PORT   on that port
npm run web -- --data DIR    for the service that keeps its data there, whatever its ports
WEB_PORT                     in the environment: the port of a service's page`,
  options: {
    port: { type: 'string', default: '5173' },
    data: { type: 'string', default: DATA_DIRECTORY },
  },
});
const port = Number(values.port);
if (!/^\d+$/.test(values.port) || port > 65_535) refuse(`--port is ${values.port}, which is no port.`);

const asked = process.env['WEB_PORT'];
const service =
  asked === undefined || asked === ''
    ? (readEndpoints(resolve(values.data))?.web ?? 'http://127.0.0.1:8080')
    : `http://127.0.0.1:${asked}`;

const HOST = '127.0.0.1';

/** Proxies a request to another server on this machine. */
const proxyRequest = (incoming: IncomingMessage, outgoing: ServerResponse, to: string): void => {
  const { method, headers, url = '/' } = incoming;
  const request = send(new URL(url, to), { method, headers: { ...headers, host: new URL(to).host } });
  request.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, outgoing, () => undefined);
  });
  request.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end(`Nothing answers at ${to}: is npm start running?\n`);
  });
  // Ends esbuild's stream of changes, which an open page listens to.
  outgoing.on('close', () => request.destroy());
  pipeline(incoming, request, () => undefined);
};

/** Reloads the page after each build: esbuild sends an event. */
const reload =
  "<script>new EventSource('/esbuild').addEventListener('change', () => location.reload())</script>";
const html = htmlWith('/assets/main.js', '/assets/page.css').replace('</body>', `${reload}</body>`);

/** The address at which esbuild serves its output. */
const files = Promise.withResolvers<string>();

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', `http://${HOST}`);
  if (pathname === '/config.json') proxyRequest(request, response, service);
  else if (pathname === '/esbuild' || pathname.includes('.')) {
    void files.promise.then((address) => proxyRequest(request, response, address));
  } else response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
});

try {
  // Listens before esbuild starts, so that no esbuild must be stopped when the port is taken.
  await once(server.listen(port, HOST), 'listening');
  const page = await context({
    ...pageOptions,
    // Nothing is written here; the path makes esbuild serve its output beside the public files.
    outdir: publicFiles,
    write: false,
    entryNames: 'assets/[name]',
    sourcemap: 'linked',
    define: { BUILT: 'false' },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void page.dispose().finally(() => process.exit()));
  }
  const served = await page.serve({ servedir: publicFiles, host: HOST, port: 0 });
  await page.watch();
  files.resolve(`http://${HOST}:${served.port}`);
  const { port: listensOn } = server.address() as AddressInfo;
  console.log(`The page: http://${HOST}:${listensOn}/, for the service at ${service}`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(code === 'EADDRINUSE' ? `Port ${port} is taken: choose another by --port.` : message);
  process.exit(1);
}

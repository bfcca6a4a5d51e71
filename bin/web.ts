import { resolve } from 'node:path';
import { createServer } from 'vite';
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

try {
  const server = await createServer({
    root: resolve(import.meta.dirname, '../lib/web'),
    server: { port, strictPort: true, proxy: { '/config.json': service } },
  });
  await server.listen();
  console.log(`The page: ${server.resolvedUrls?.local[0] ?? ''}, for the service at ${service}`);
} catch (error) {
  const { message } = error as Error;
  console.error(
    /already in use/.test(message) ? `Port ${port} is taken: choose another by --port.` : message,
  );
  process.exit(1);
}

/**
 * The embedded server in its own thread, so that its work does not block the event loop of the process that started
 * it (lib/local/stores/mongodb.ts). Takes `WorkerInput` as workerData, sends `WorkerReport`s, stops on any message.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { startMongodbServer } from './server.ts';

export interface WorkerInput {
  readonly dataDirectory: string;
  readonly port: number;
  readonly host: string;
}

export type WorkerReport =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'listening'; readonly url: string; readonly port: number }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stopped' };

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');
const report = (message: WorkerReport) => port.postMessage(message);

const isWorkerInput = (value: unknown): value is WorkerInput =>
  typeof value === 'object' &&
  value !== null &&
  'dataDirectory' in value &&
  typeof value.dataDirectory === 'string' &&
  'port' in value &&
  typeof value.port === 'number' &&
  'host' in value &&
  typeof value.host === 'string';

try {
  const input: unknown = workerData;
  if (!isWorkerInput(input)) throw new TypeError('the worker was started without its input');
  const server = await startMongodbServer({ ...input, log: (line) => report({ type: 'log', line }) });
  port.once('message', () => {
    server
      .stop()
      .catch((error: unknown) => report({ type: 'log', line: `did not stop cleanly: ${String(error)}` }))
      .finally(() => {
        report({ type: 'stopped' });
        port.close();
      });
  });
  report({ type: 'listening', url: server.url, port: server.port });
} catch (error) {
  report({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  port.close();
}

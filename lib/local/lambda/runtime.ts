import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromRuntime, RuntimeSettings, ToRuntime } from './protocol.ts';

/**
 * The Lambda runtime of one execution environment: a worker thread that imports the function once and then
 * handles one event at a time. Events and results cross as JSON text, as they do in AWS.
 */
const port = parentPort;
if (port === null) throw new Error('The runtime runs in a worker thread only');
const settings = workerData as RuntimeSettings;
const send = (message: FromRuntime): void => port.postMessage(message);

const describe = (error: unknown): { errorType: string; errorMessage: string; trace: string[] } =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

/** Lambda refuses results beyond 6 MB. */
const RESULT_BYTES_MAX = 6 * 1024 * 1024;

const contextOf = (deadline: number): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: settings.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: settings.functionArn,
  memoryLimitInMB: String(settings.memorySizeMb),
  awsRequestId: randomUUID(),
  logGroupName: `/aws/lambda/${settings.functionName}`,
  logStreamName: settings.logStreamName,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

type Handler = (event: unknown, context: object) => unknown;

const load = async (): Promise<Handler> => {
  const [file = '', name = ''] = settings.handler.split('.');
  const module = (await import(pathToFileURL(join(settings.codeDirectory, `${file}.mjs`)).href)) as Record<
    string,
    unknown
  >;
  const handler = module[name];
  if (typeof handler === 'function') return handler as Handler;
  throw Object.assign(new Error(`${settings.handler} is undefined or not exported`), {
    name: 'Runtime.HandlerNotFound',
  });
};

try {
  const handler = await load();
  port.on('message', (message: ToRuntime) => {
    void (async () => {
      try {
        const result = await handler(JSON.parse(message.event), contextOf(message.deadline));
        const text = JSON.stringify(result) ?? 'null';
        if (Buffer.byteLength(text) > RESULT_BYTES_MAX) {
          send({
            kind: 'error',
            errorType: 'Function.ResponseSizeTooLarge',
            errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
            trace: [],
          });
          return;
        }
        send({ kind: 'result', result: text });
      } catch (error) {
        send({ kind: 'error', ...describe(error) });
      }
    })();
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-error', ...describe(error) });
}

// The Lambda runtime: runs in a worker thread, loads one function, and gives it one event after another.
// Its imports are kept to what it needs, since every cold start pays for them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { exceedsPayloadLimit, payloadLimit, toJson } from './runtime-protocol.ts';
import type { InvokeMessage, RuntimeData, RuntimeFailure, RuntimeMessage } from './runtime-protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

const data = workerData as RuntimeData;
const port = parentPort;
if (port === null) throw new Error('The Lambda runtime runs in a worker thread.');

// The service sets it to speed up cold starts; functions on Lambda do not see it.
delete process.env['NODE_COMPILE_CACHE'];

const send = (message: RuntimeMessage): void => port.postMessage(message);

/**
 * Sends output as messages. A worker's own streams hold a chunk back until the previous one was read, and lose it when
 * the worker is terminated, which would cost the last output of a function that hangs. Messages are not held back, and
 * arrive before the result of their invocation.
 */
const sendOutput = (stream: 'stdout' | 'stderr'): void => {
  Object.assign(process[stream], {
    _write: (chunk: string | Buffer, _encoding: string, done: () => void) => {
      send({ kind: 'output', stream, text: chunk.toString() });
      done();
    },
    _writev: null,
  });
};

const loadHandler = async (): Promise<Handler> => {
  const dot = data.handler.lastIndexOf('.');
  const name = data.handler.slice(dot + 1);
  const base = join(data.codeDirectory, data.handler.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((ending) => base + ending).find((path) => existsSync(path));
  if (file === undefined) {
    throw named('Runtime.ImportModuleError', `Cannot find module '${base}'`);
  }
  const handler = (await importBundle(file))[name];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${data.handler} is undefined or not exported`);
  }
  return handler as Handler;
};

const importBundle = async (file: string): Promise<Record<string, unknown>> => {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) error.name = 'Runtime.UserCodeSyntaxError';
    if (error instanceof Error && 'code' in error && String(error.code).endsWith('MODULE_NOT_FOUND')) {
      error.name = 'Runtime.ImportModuleError';
    }
    throw error;
  }
};

const run = async (handler: Handler, { requestId, event, deadline }: InvokeMessage): Promise<void> => {
  try {
    const result = serialize(await handler(JSON.parse(event), contextOf(requestId, deadline)));
    if (exceedsPayloadLimit(result)) {
      const size = Buffer.byteLength(result);
      throw named(
        'Function.ResponseSizeTooLarge',
        `Response payload size (${size} bytes) exceeded maximum allowed payload size (${payloadLimit} bytes).`,
      );
    }
    send({ kind: 'result', result });
  } catch (error) {
    send({ kind: 'error', ...describe(error) });
  }
};

/** @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
const contextOf = (awsRequestId: string, deadline: number): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: data.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: data.invokedFunctionArn,
  memoryLimitInMB: String(data.memorySizeMb),
  awsRequestId,
  logGroupName: data.logGroupName,
  logStreamName: data.logStreamName,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

const serialize = (result: unknown): string => {
  try {
    return toJson(result);
  } catch {
    throw new Error('Unable to stringify response body');
  }
};

const describe = (error: unknown): RuntimeFailure =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, stack: error.stack ?? error.message }
    : { errorType: typeof error, errorMessage: String(error), stack: String(error) };

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

sendOutput('stdout');
sendOutput('stderr');

try {
  const handler = await loadHandler();
  port.on('message', (message: InvokeMessage) => {
    void run(handler, message);
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-error', ...describe(error) });
}

// The Lambda runtime: runs in a worker thread, loads functions, and passes them one event after another. Its imports
// are minimal, since every worker pays for them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { connectInProcess } from './in-process-connections.ts';
import { exceedsPayloadLimit, payloadLimit, toJson } from './runtime-protocol.ts';
import type {
  ChannelToServer,
  FromWorker,
  FunctionToLoad,
  InvokeMessage,
  LoadMessage,
  RuntimeFailure,
  ToWorker,
} from './runtime-protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

/** The worker's side of an execution environment. */
interface Environment {
  readonly id: number;
  readonly data: FunctionToLoad;
  variables: NodeJS.ProcessEnv;
  handler: Handler | undefined;
}

type Content = FromWorker extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'environment'>
    : never
  : never;

const port = parentPort;
if (port === null) throw new Error('The Lambda runtime runs in a worker thread.');

const environments = new Map<number, Environment>();
/** The environment to which the running code belongs: it loaded the code, or started the timer or socket. */
const current = new AsyncLocalStorage<Environment>();
/** The environment that is loading or handling an event. */
let running: Environment | undefined;
/** The environment that was active last, for code that cannot be attributed. */
let latest: Environment | undefined;

const owner = (): Environment | undefined => current.getStore() ?? latest;

const send = (environment: Environment, message: Content): void =>
  port.postMessage({ ...message, environment: environment.id });

/** Sends the final message of an environment's load or event. */
const finish = (environment: Environment, message: Content): void => {
  running = undefined;
  send(environment, message);
};

/** Like Node's own `process.env`, it can hold only strings. */
const variablesOf = (variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
  new Proxy<NodeJS.ProcessEnv>(
    { ...variables },
    { set: (target, name, value) => Reflect.set(target, name, String(value)) },
  );

/** Gives each function its own variables, also for code that runs between its events. */
const separateVariables = (): void => {
  const own = process.env;
  Object.defineProperty(process, 'env', {
    configurable: true,
    enumerable: true,
    get: () => owner()?.variables ?? own,
    set: (value: Record<string, string>) => {
      const environment = owner();
      if (environment !== undefined) environment.variables = variablesOf(value);
    },
  });
};

/**
 * Sends output as messages. A worker's own streams hold a chunk back until the previous one has been read, and lose
 * it when the worker is terminated, which would lose the last output of a function that hangs. Messages are not held
 * back, and arrive before the result of their invocation.
 */
const sendOutput = (stream: 'stdout' | 'stderr'): void => {
  Object.assign(process[stream], {
    _write: (chunk: string | Buffer, _encoding: string, done: () => void) => {
      const environment = owner();
      if (environment !== undefined) send(environment, { kind: 'output', stream, text: chunk.toString() });
      done();
    },
    _writev: null,
  });
};

/** An uncaught error ends the environment from whose code it came, and no other running one. */
const reportCrash = (error: unknown): void => {
  const environment = owner();
  if (environment === undefined) throw error;
  send(environment, { kind: 'crash', stack: describe(error).stack });
  if (environment === running) process.exit(1);
};

/** Runs code of an environment; no other environment is active meanwhile. */
const runAs = async (environment: Environment, code: () => Promise<void>): Promise<void> => {
  running = environment;
  latest = environment;
  await current.run(environment, code);
};

const load = async ({ environment: id, ...data }: LoadMessage): Promise<void> => {
  const environment: Environment = { id, data, variables: variablesOf(data.variables), handler: undefined };
  environments.set(id, environment);
  await runAs(environment, async () => {
    try {
      environment.handler = await loadHandler(data);
      finish(environment, { kind: 'ready' });
    } catch (error) {
      finish(environment, { kind: 'init-error', ...describe(error) });
    }
  });
};

const loadHandler = async (data: FunctionToLoad): Promise<Handler> => {
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

/**
 * Loads a library once for all functions of this worker: files with a content hash in their names, such as
 * `mysql-CIUTNMF5.mjs`, are equal when their names are. A function's own files are loaded for each function.
 */
const shareLibraries = (): void => {
  const libraries = new Map<string, string>();
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const name = basename(resolved.url);
      if (!/-[A-Z0-9]{8}\.mjs$/.test(name)) return resolved;
      const url = libraries.get(name) ?? resolved.url;
      libraries.set(name, url);
      return { ...resolved, url };
    },
  });
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

const invoke = async ({ environment: id, requestId, event, deadline }: InvokeMessage): Promise<void> => {
  const environment = environments.get(id);
  if (environment?.handler === undefined) throw new Error('An event came for a function that is not loaded.');
  const { handler, data } = environment;
  await runAs(environment, async () => {
    try {
      const result = serialize(await handler(JSON.parse(event), contextOf(data, requestId, deadline)));
      if (exceedsPayloadLimit(result)) {
        const size = Buffer.byteLength(result);
        throw named(
          'Function.ResponseSizeTooLarge',
          `Response payload size (${size} bytes) exceeded maximum allowed payload size (${payloadLimit} bytes).`,
        );
      }
      finish(environment, { kind: 'result', result });
    } catch (error) {
      finish(environment, { kind: 'error', ...describe(error) });
    }
  });
};

/** @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
const contextOf = (data: FunctionToLoad, awsRequestId: string, deadline: number): object => ({
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
separateVariables();
shareLibraries();
connectInProcess(workerData as readonly ChannelToServer[]);
process.on('uncaughtException', reportCrash);
port.on('message', (message: ToWorker) => {
  void (message.kind === 'load' ? load(message) : invoke(message));
});

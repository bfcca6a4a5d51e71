import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { FromRuntime, RuntimeSettings, ToRuntime } from './protocol.ts';

/** A function as Lambda knows it. */
export interface LambdaFunctionConfig {
  readonly functionName: string;
  readonly functionArn: string;
  /** Folder with the bundle. */
  readonly codeDirectory: string;
  /** `file.export`, such as `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memorySizeMb: number;
  readonly region: string;
  /** How many events the function may work on at once; beyond, it is throttled. */
  readonly reservedConcurrency?: number;
}

/** A function that did not answer as it should; `errorType` is Lambda's word for how. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** How an invocation went, as Lambda's REPORT line has it. */
export interface InvocationReport {
  readonly functionName: string;
  /** Milliseconds from handing over the event to its answer. */
  readonly durationMs: number;
  /** Milliseconds that loading took, on the environment's first event. */
  readonly initDurationMs?: number;
}

interface Pending {
  readonly resolve: (result: string) => void;
  readonly reject: (error: LambdaError) => void;
}

/** A worker thread with a function loaded, which handles one event at a time. */
export interface ExecutionEnvironment {
  /** Settles when the function is loaded. @throws LambdaError when it cannot be */
  readonly ready: Promise<void>;
  readonly initDurationMs: () => number;
  /** Whether it can be given events: it neither crashed nor was ended. */
  readonly isAlive: () => boolean;
  /** @param event JSON. @returns the result as JSON. @throws LambdaError */
  invoke(event: string): Promise<string>;
  /** Ends it at once, with whatever it is doing. */
  terminate(): Promise<void>;
}

/** What Lambda itself puts into a function's environment. */
const lambdaVariables = (config: LambdaFunctionConfig): Record<string, string> => ({
  AWS_REGION: config.region,
  AWS_DEFAULT_REGION: config.region,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: config.functionName,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memorySizeMb),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  LAMBDA_TASK_ROOT: config.codeDirectory,
  _HANDLER: config.handler,
  TZ: ':UTC',
  LANG: 'en_US.UTF-8',
  PATH: process.env['PATH'] ?? '',
});

/** Starts an execution environment; it loads the function while the caller goes on. */
export const startExecutionEnvironment = (
  config: LambdaFunctionConfig,
  log: (line: string) => void,
): ExecutionEnvironment => {
  const startedAt = performance.now();
  const settings: RuntimeSettings = {
    functionName: config.functionName,
    functionArn: config.functionArn,
    codeDirectory: config.codeDirectory,
    handler: config.handler,
    memorySizeMb: config.memorySizeMb,
    logStreamName: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
  };
  // Nothing of this process's own environment: a function has what its stack gives it, and no more.
  const worker = new Worker(new URL('runtime.ts', import.meta.url), {
    workerData: settings,
    env: { ...config.environment, ...lambdaVariables(config) },
    stdout: true,
    stderr: true,
    name: config.functionName,
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    createInterface({ input: stream }).on('line', (line) => log(`${config.functionName}: ${line}`));
  }

  let alive = true;
  let initDuration = 0;
  let pending: Pending | undefined;
  let initialized: { resolve: () => void; reject: (error: LambdaError) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    initialized = { resolve, reject };
  });
  // Whoever invokes hears of it; nobody need listen before.
  ready.catch(() => undefined);

  const settle = (deliver: (waiting: Pending) => void): void => {
    const waiting = pending;
    pending = undefined;
    if (waiting !== undefined) deliver(waiting);
  };
  const fail = (error: LambdaError): void => {
    alive = false;
    initialized?.reject(error);
    settle(({ reject }) => reject(error));
  };

  worker.on('message', (message: FromRuntime) => {
    switch (message.kind) {
      case 'ready':
        initDuration = performance.now() - startedAt;
        initialized?.resolve();
        break;
      case 'result':
        settle(({ resolve }) => resolve(message.result));
        break;
      case 'error':
        log(
          `${config.functionName}: ${message.errorType}: ${message.errorMessage} ${message.trace.join(' ')}`,
        );
        settle(({ reject }) => reject(new LambdaError(message.errorType, message.errorMessage)));
        break;
      case 'init-error':
        log(
          `${config.functionName}: ${message.errorType}: ${message.errorMessage} ${message.trace.join(' ')}`,
        );
        fail(new LambdaError(message.errorType, message.errorMessage));
        void worker.terminate();
        break;
    }
  });
  worker.on('error', (error: Error) => {
    log(`${config.functionName}: uncaught ${error.stack ?? error.message}`);
    fail(new LambdaError('Runtime.ExitError', 'RequestId: Error: Runtime exited with error'));
  });
  worker.on('exit', (code) => {
    fail(new LambdaError('Runtime.ExitError', `RequestId: Error: Runtime exited with status ${code}`));
  });

  const terminate = async (): Promise<void> => {
    alive = false;
    await worker.terminate();
  };

  return {
    ready,
    initDurationMs: () => initDuration,
    isAlive: () => alive,
    invoke: async (event) => {
      await ready;
      if (!alive) throw new LambdaError('Runtime.ExitError', 'The execution environment has ended');
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise<string>((resolve, reject) => {
          pending = { resolve, reject };
          timer = setTimeout(() => {
            const seconds = (config.timeoutMs / 1000).toFixed(2);
            fail(new LambdaError('Sandbox.Timedout', `Task timed out after ${seconds} seconds`));
            void worker.terminate();
          }, config.timeoutMs);
          const message: ToRuntime = { event, deadline: Date.now() + config.timeoutMs };
          worker.postMessage(message);
        });
      } finally {
        clearTimeout(timer);
      }
    },
    terminate,
  };
};

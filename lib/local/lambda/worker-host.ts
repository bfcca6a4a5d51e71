import { Worker } from 'node:worker_threads';
import type { LambdaFunctionConfig, LambdaLocation } from './function-config.ts';
import { ExecutionEnvironment, type EnvironmentCallbacks } from './execution-environment.ts';
import type { FromWorker, ServerInProcess, ToWorker } from './runtime-protocol.ts';

/** A server whose requests from functions go from thread to thread, and not through the kernel (decision 86). */
export interface AnsweringServer extends ServerInProcess {
  /** Answers an HTTP/1.1 request with its response; undefined when the request has to come through TCP. */
  readonly answer: (request: string) => string | undefined;
}

export interface WorkerHostOptions {
  readonly place: LambdaLocation;
  /** Size of the worker's old generation heap, in MB. */
  readonly heapMb: number;
  readonly compileCacheDirectory: string | undefined;
  readonly server: AnsweringServer | undefined;
  /** The worker has ended, for whatever reason. Called once. */
  readonly onGone: () => void;
}

/**
 * Size of a worker's young generation, in MB. With Node's default of 48 MB, each worker would fill most of it with
 * garbage.
 */
const YOUNG_GENERATION_MB = 6;

const runtimeUrl = new URL('./runtime.ts', import.meta.url);

/**
 * A worker thread that hosts execution environments, at most one per function. It gets one event at a time, so that
 * terminating the thread ends the one running environment and no other invocation.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #worker: Worker;
  readonly #environments = new Map<number, ExecutionEnvironment>();
  #isGone = false;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    const { heapMb, compileCacheDirectory, server } = options;
    this.#worker = new Worker(runtimeUrl, {
      name: 'functions',
      // Compiling a bundle of 2 MB takes 80 ms; loading it from the cache takes next to nothing.
      env: compileCacheDirectory === undefined ? {} : { NODE_COMPILE_CACHE: compileCacheDirectory },
      workerData: server && ({ host: server.host, port: server.port } satisfies ServerInProcess),
      argv: [],
      execArgv: [],
      // Node's own streams are not used: see runtime.ts.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'requests') {
        this.#post({ kind: 'responses', texts: message.texts.map((text) => server?.answer(text)) });
        return;
      }
      this.#environments.get(message.environment)?.receive(message);
    });
    this.#worker.on('error', (error) => {
      for (const environment of this.#environments.values()) environment.workerFailed(error);
    });
    this.#worker.on('exit', (code) => this.#exited(code));
  }

  /** Whether the worker has ended or is about to: it takes no further events. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Starts loading a function. Only while nothing runs on this host. */
  load(config: LambdaFunctionConfig, callbacks: EnvironmentCallbacks): ExecutionEnvironment {
    const id = this.#environments.size + 1;
    const environment = new ExecutionEnvironment({
      ...callbacks,
      id,
      config,
      place: this.#options.place,
      post: (message) => this.#post(message),
      endWorker: () => void this.terminate(),
    });
    this.#environments.set(id, environment);
    return environment;
  }

  /** Terminates the worker; a running invocation is rejected as `Runtime.ExitError`. */
  async terminate(): Promise<void> {
    this.#leave();
    await this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #exited(code: number): void {
    // Reported as gone before invocations are rejected, so that a retry finds capacity.
    this.#leave();
    for (const environment of this.#environments.values()) environment.workerExited(code);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.onGone();
  }
}

import { Worker } from 'node:worker_threads';
import type { LambdaFunctionConfig, LambdaPlace } from './function-config.ts';
import { ExecutionEnvironment, type EnvironmentCallbacks } from './execution-environment.ts';
import type { FromWorker, ToWorker } from './runtime-protocol.ts';

export interface WorkerHostOptions {
  readonly place: LambdaPlace;
  /** Old generation of the worker's heap, in MB. */
  readonly heapMb: number;
  readonly compileCacheDirectory: string | undefined;
  /** The worker has ended, whoever ended it. Called once. */
  readonly onGone: () => void;
}

/**
 * New objects get so much of a worker's heap before they are collected, in MB. Node's default of 48 MB would let each
 * worker fill most of it with garbage.
 */
const YOUNG_GENERATION_MB = 6;

const runtimeUrl = new URL('./runtime.ts', import.meta.url);

/**
 * A worker thread that hosts execution environments, at most one of each function. It is given one event at a time, so
 * that ending the thread ends the one environment that runs and no other invocation.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #worker: Worker;
  readonly #environments = new Map<number, ExecutionEnvironment>();
  #isGone = false;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    const { heapMb, compileCacheDirectory } = options;
    this.#worker = new Worker(runtimeUrl, {
      name: 'functions',
      // Compiling a bundle of 2 MB takes 80 ms; from the cache next to nothing.
      env: compileCacheDirectory === undefined ? {} : { NODE_COMPILE_CACHE: compileCacheDirectory },
      argv: [],
      execArgv: [],
      // Node's own streams are not used: see runtime.ts.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: FromWorker) => {
      this.#environments.get(message.environment)?.receive(message);
    });
    this.#worker.on('error', (error) => {
      for (const environment of this.#environments.values()) environment.workerFailed(error);
    });
    this.#worker.on('exit', (code) => this.#exited(code));
  }

  /** Whether the worker has ended, or is about to: it takes no more events. */
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
      post: (message: ToWorker) => this.#worker.postMessage(message),
      endWorker: () => void this.terminate(),
    });
    this.#environments.set(id, environment);
    return environment;
  }

  /** Ends the worker; what it is running is rejected as `Runtime.ExitError`. */
  async terminate(): Promise<void> {
    this.#leave();
    await this.#worker.terminate();
  }

  #exited(code: number): void {
    // Gone before invocations are rejected, so that a retry finds room.
    this.#leave();
    for (const environment of this.#environments.values()) environment.workerExited(code);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.onGone();
  }
}

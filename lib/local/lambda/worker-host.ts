import { MessageChannel, Worker } from 'node:worker_threads';
import type { ServerInProcess } from '../requests-in-process.ts';
import type { LambdaFunctionConfig, LambdaLocation } from './function-config.ts';
import { ExecutionEnvironment, type EnvironmentCallbacks } from './execution-environment.ts';
import type { ChannelToServer, FromWorker, ToWorker } from './runtime-protocol.ts';

export interface WorkerHostOptions {
  readonly place: LambdaLocation;
  /** Size of the worker's old generation heap, in MB. */
  readonly heapMb: number;
  readonly compileCacheDirectory: string | undefined;
  /** The servers that its functions reach without the kernel. */
  readonly servers: readonly ServerInProcess[];
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
    const { heapMb, compileCacheDirectory, servers } = options;
    const channels = servers.map(({ connect, ...server }): ChannelToServer => {
      const { port1, port2 } = new MessageChannel();
      connect(port1);
      return { ...server, messages: port2 };
    });
    this.#worker = new Worker(runtimeUrl, {
      workerData: channels,
      transferList: channels.map(({ messages }) => messages),
      name: 'functions',
      // Compiling a bundle of 2 MB takes 80 ms; loading it from the cache takes next to nothing.
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
      post: (message: ToWorker) => this.#worker.postMessage(message),
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

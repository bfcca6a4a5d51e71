import { randomBytes, randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { InvocationReport, LambdaFunctionConfig, LambdaPlace } from './function-config.ts';
import { LambdaError } from './lambda-error.ts';
import { readLines, type LineReader } from './log-lines.ts';
import { runtimeEnvironment } from './runtime-environment.ts';
import type { InvokeMessage, RuntimeData, RuntimeMessage } from './runtime-protocol.ts';

export interface ExecutionEnvironmentOptions {
  config: LambdaFunctionConfig;
  place: LambdaPlace;
  compileCacheDirectory: string | undefined;
  log: (line: string) => void;
  onInvocation: ((report: InvocationReport) => void) | undefined;
  /** The worker has ended, whoever ended it. Called once. */
  onGone: (environment: ExecutionEnvironment) => void;
}

interface Running {
  requestId: string;
  startedAt: number;
  resolve: (result: string) => void;
  reject: (error: LambdaError) => void;
  timer: NodeJS.Timeout;
}

/** Lambda gives INIT 10 s, and then once more the time-out of the function. */
const initLimitMs = 10_000;

/**
 * Node itself needs some heap, and a thread that runs out of heap takes long to die: a function with 128 MB gets more
 * here.
 */
const smallestHeapMb = 256;

const runtimeUrl = new URL('./runtime.ts', import.meta.url);

/**
 * One execution environment: a worker thread that has loaded the function once and takes one event at a time.
 * Unlike Lambda's it is not frozen between events: what the function left running goes on.
 */
export class ExecutionEnvironment {
  readonly functionName: string;
  /** Resolves when the bundle is loaded; rejects with a LambdaError when that failed. */
  readonly ready: Promise<void>;
  /** When it last became idle, on the clock of `performance.now()`. The Lambda service sets it. */
  idleSince = 0;

  readonly #options: ExecutionEnvironmentOptions;
  readonly #worker: Worker;
  readonly #startedAt = performance.now();
  readonly #output: { stdout: LineReader; stderr: LineReader };
  readonly #initTimer: NodeJS.Timeout;
  #initDurationMs: number | undefined;
  #settleReady: { resolve: () => void; reject: (error: LambdaError) => void } | undefined;
  #running: Running | undefined;
  #isGone = false;

  constructor(options: ExecutionEnvironmentOptions) {
    const { config, place, compileCacheDirectory } = options;
    this.#options = options;
    this.functionName = config.functionName;
    const names = {
      logGroupName: `/aws/lambda/${config.functionName}`,
      logStreamName: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
    };
    const workerData: RuntimeData = {
      ...names,
      codeDirectory: config.codeDirectory,
      handler: config.handler,
      functionName: config.functionName,
      invokedFunctionArn: `arn:aws:lambda:${place.region}:${place.accountId}:function:${config.functionName}`,
      memorySizeMb: config.memorySizeMb,
    };
    this.#worker = new Worker(runtimeUrl, {
      name: config.functionName,
      workerData,
      env: {
        ...runtimeEnvironment(config, place, names),
        // Compiling a bundle of 2 MB takes 80 ms; from the cache next to nothing.
        ...(compileCacheDirectory !== undefined && { NODE_COMPILE_CACHE: compileCacheDirectory }),
      },
      argv: [],
      execArgv: [],
      // Node's own streams are not used: see runtime.ts.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(smallestHeapMb, config.memorySizeMb) },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.#initTimer = setTimeout(() => this.#failInit(timedOut(initLimitMs)), initLimitMs + config.timeoutMs);
    this.#worker.on('message', (message: RuntimeMessage) => this.#receive(message));
    this.#worker.on('error', (error) => this.#crashed(error));
    this.#worker.on('exit', (code) => this.#exited(code));
    const logLine = (line: string): void => options.log(`${config.functionName}: ${line}`);
    this.#output = { stdout: readLines(logLine), stderr: readLines(logLine) };
  }

  /** Whether the worker has ended or can take no more events. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Hands over an event and answers with the function's result, both as JSON. Only for an environment that is
   * ready and not running.
   *
   * @throws LambdaError when the function failed, crashed or ran out of time
   */
  invoke(event: string): Promise<string> {
    if (this.#running !== undefined || this.#isGone) {
      throw new Error(`An environment of ${this.functionName} was given an event that it cannot take.`);
    }
    const { timeoutMs } = this.#options.config;
    const message: InvokeMessage = { requestId: randomUUID(), event, deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timeOut(), timeoutMs);
      const startedAt = performance.now();
      this.#running = { requestId: message.requestId, startedAt, resolve, reject, timer };
      this.#worker.postMessage(message);
    });
  }

  /** Ends the worker; what it is running is rejected as `Runtime.ExitError`. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: RuntimeMessage): void {
    if (message.kind === 'output') {
      this.#output[message.stream].write(message.text);
      return;
    }
    // The invocation was already rejected: a late message of a terminated worker is dropped.
    if (this.#isGone) return;
    switch (message.kind) {
      case 'ready':
        clearTimeout(this.#initTimer);
        this.#initDurationMs = performance.now() - this.#startedAt;
        this.#settleReady?.resolve();
        return;
      case 'init-error':
        this.#logFailure(`INIT failed: ${message.stack}`);
        this.#failInit(new LambdaError(message.errorType, message.errorMessage));
        return;
      case 'result':
        this.#finish(undefined)?.resolve(message.result);
        return;
      case 'error': {
        // `Unauthorized` is how an authorizer refuses by contract, so it is not logged as a failure.
        if (message.errorMessage !== 'Unauthorized') {
          this.#logFailure(`${this.#running?.requestId ?? ''} Invoke Error: ${message.stack}`);
        }
        const error = new LambdaError(message.errorType, message.errorMessage);
        this.#finish(error)?.reject(error);
      }
    }
  }

  #failInit(error: LambdaError): void {
    this.#leave();
    this.#settleReady?.reject(error);
    void this.#worker.terminate();
  }

  #timeOut(): void {
    const error = timedOut(this.#options.config.timeoutMs);
    this.#logFailure(`${this.#running?.requestId ?? ''} ${error.message}`);
    this.#leave();
    this.#finish(error)?.reject(error);
    void this.#worker.terminate();
  }

  #crashed(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logFailure(`the runtime crashed: ${stack}`);
  }

  #logFailure(text: string): void {
    for (const line of text.split('\n')) this.#options.log(`${this.functionName}: ${line}`);
  }

  #exited(code: number): void {
    this.#output.stdout.end();
    this.#output.stderr.end();
    this.#leave();
    const error = new LambdaError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`);
    this.#settleReady?.reject(error);
    this.#finish(error)?.reject(error);
  }

  /** Reports the environment as gone. Comes before the rejection of its invocation, so that a retry finds room. */
  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#initTimer);
    this.#options.onGone(this);
  }

  /** Ends the running invocation and reports it to `onInvocation`. @returns the invocation, to resolve or reject */
  #finish(error: LambdaError | undefined): Running | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    this.#running = undefined;
    clearTimeout(running.timer);
    const initDurationMs = this.#initDurationMs;
    this.#initDurationMs = undefined;
    this.#options.onInvocation?.({
      functionName: this.functionName,
      requestId: running.requestId,
      durationMs: performance.now() - running.startedAt,
      ...(initDurationMs !== undefined && { initDurationMs }),
      ...(error !== undefined && { errorType: error.errorType }),
    });
    return running;
  }
}

const timedOut = (ms: number): LambdaError =>
  new LambdaError('Sandbox.Timedout', `Task timed out after ${(ms / 1000).toFixed(2)} seconds`);

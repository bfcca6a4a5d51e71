import { randomBytes, randomUUID } from 'node:crypto';
import type { InvocationReport, LambdaFunctionConfig, LambdaLocation } from './function-config.ts';
import { LambdaError } from './lambda-error.ts';
import { readLines, type LineReader } from './log-lines.ts';
import { runtimeEnvironment } from './runtime-environment.ts';
import type { FromWorker, ToWorker } from './runtime-protocol.ts';

export interface EnvironmentCallbacks {
  readonly log: (line: string) => void;
  readonly onInvocation: ((report: InvocationReport) => void) | undefined;
  /** The environment cannot take further events. Called once, before its running invocation is rejected. */
  readonly onGone: () => void;
}

export interface ExecutionEnvironmentOptions extends EnvironmentCallbacks {
  /** Its number among the environments of its worker. */
  readonly id: number;
  readonly config: LambdaFunctionConfig;
  readonly place: LambdaLocation;
  readonly post: (message: ToWorker) => void;
  /** Terminates the worker, which is the only way to stop running code. */
  readonly endWorker: () => void;
}

interface Running {
  requestId: string;
  startedAt: number;
  resolve: (result: string) => void;
  reject: (error: LambdaError) => void;
  timer: NodeJS.Timeout;
}

/** Lambda's time limit of the INIT phase; after that it retries once, within the function's own timeout. */
const initLimitMs = 10_000;

/**
 * One execution environment: it has loaded the function once, with its own module state and variables, and handles
 * one event at a time. Unlike Lambda's, it is not frozen between events: what the function left running continues.
 */
export class ExecutionEnvironment {
  readonly functionName: string;
  /** Resolves when the bundle is loaded; rejects with a LambdaError when that failed. */
  readonly ready: Promise<void>;
  readonly #options: ExecutionEnvironmentOptions;
  readonly #startedAt = performance.now();
  readonly #output: { stdout: LineReader; stderr: LineReader };
  readonly #initTimer: NodeJS.Timeout;
  #initDurationMs: number | undefined;
  #settleReady: { resolve: () => void; reject: (error: LambdaError) => void } | undefined;
  #running: Running | undefined;
  #isGone = false;

  constructor(options: ExecutionEnvironmentOptions) {
    const { config, place, id } = options;
    this.#options = options;
    this.functionName = config.functionName;
    const logLine = (line: string): void => options.log(`${config.functionName}: ${line}`);
    this.#output = { stdout: readLines(logLine), stderr: readLines(logLine) };
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.#initTimer = setTimeout(() => this.#failInit(timedOut(initLimitMs)), initLimitMs + config.timeoutMs);
    const names = {
      logGroupName: `/aws/lambda/${config.functionName}`,
      logStreamName: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
    };
    options.post({
      kind: 'load',
      environment: id,
      ...names,
      codeDirectory: config.codeDirectory,
      handler: config.handler,
      functionName: config.functionName,
      invokedFunctionArn: `arn:aws:lambda:${place.region}:${place.accountId}:function:${config.functionName}`,
      memorySizeMb: config.memorySizeMb,
      variables: runtimeEnvironment(config, place, names),
    });
  }

  /** Whether it cannot take further events. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Sends an event and resolves with the function's result, both as JSON. Only for an environment that is ready and
   * not running.
   *
   * @throws LambdaError when the function failed, crashed or timed out
   */
  invoke(event: string): Promise<string> {
    if (this.#running !== undefined || this.#isGone) {
      throw new Error(`An environment of ${this.functionName} was given an event that it cannot take.`);
    }
    const { timeoutMs } = this.#options.config;
    const requestId = randomUUID();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#timeOut(), timeoutMs);
      const startedAt = performance.now();
      this.#running = { requestId, startedAt, resolve, reject, timer };
      this.#options.post({
        kind: 'invoke',
        environment: this.#options.id,
        requestId,
        event,
        deadline: Date.now() + timeoutMs,
      });
    });
  }

  /** Handles a message from the environment's side in the worker. */
  receive(message: FromWorker): void {
    if (message.kind === 'output') {
      this.#output[message.stream].write(message.text);
      return;
    }
    // The invocation has been rejected already: drops a late message of a terminated worker.
    if (this.#isGone) return;
    switch (message.kind) {
      case 'ready':
        clearTimeout(this.#initTimer);
        this.#initDurationMs = performance.now() - this.#startedAt;
        this.#settleReady?.resolve();
        this.#settleReady = undefined;
        return;
      case 'init-error':
        this.#logFailure(`INIT failed: ${message.stack}`);
        this.#failInit(new LambdaError(message.errorType, message.errorMessage));
        return;
      case 'result':
        this.#finish(undefined)?.resolve(message.result);
        return;
      case 'error': {
        // An authorizer refuses by throwing `Unauthorized`, so this is not logged as a failure.
        if (message.errorMessage !== 'Unauthorized') {
          this.#logFailure(`${this.#running?.requestId ?? ''} Invoke Error: ${message.stack}`);
        }
        const error = new LambdaError(message.errorType, message.errorMessage);
        this.#finish(error)?.reject(error);
        return;
      }
      case 'crash':
        this.#logFailure(`the runtime crashed: ${message.stack}`);
        // The worker of a running environment ends by itself, which `workerExited` reports.
        if (this.#running === undefined && this.#settleReady === undefined) this.#leave();
    }
  }

  /** The worker failed as a whole, for example out of memory; the environment that was running logs it. */
  workerFailed(error: unknown): void {
    if (this.#running === undefined && this.#settleReady === undefined) return;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logFailure(`the runtime crashed: ${stack}`);
  }

  /** The worker has ended, and the environment with it. */
  workerExited(code: number): void {
    this.#output.stdout.end();
    this.#output.stderr.end();
    this.#leave();
    const error = new LambdaError('Runtime.ExitError', `Runtime exited with error: exit status ${code}`);
    this.#settleReady?.reject(error);
    this.#finish(error)?.reject(error);
  }

  #failInit(error: LambdaError): void {
    this.#leave();
    this.#settleReady?.reject(error);
    this.#options.endWorker();
  }

  #timeOut(): void {
    const error = timedOut(this.#options.config.timeoutMs);
    this.#logFailure(`${this.#running?.requestId ?? ''} ${error.message}`);
    this.#leave();
    this.#finish(error)?.reject(error);
    this.#options.endWorker();
  }

  #logFailure(text: string): void {
    for (const line of text.split('\n')) this.#options.log(`${this.functionName}: ${line}`);
  }

  /** Reports the environment as gone, before its invocation is rejected, so that a retry finds capacity. */
  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#initTimer);
    this.#options.onGone();
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

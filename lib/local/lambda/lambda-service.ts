import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { ExecutionEnvironment } from './execution-environment.ts';
import type { InvocationReport, LambdaFunctionConfig } from './function-config.ts';
import { LambdaError, throttled } from './lambda-error.ts';
import { exceedsPayloadLimit, payloadLimit, toJson } from './runtime-protocol.ts';

export interface LambdaServiceOptions {
  functions: readonly LambdaFunctionConfig[];
  log: (line: string) => void;
  /** Execution environments that a function without reserved concurrency gets at most. Default 3 a core. */
  concurrency?: number;
  /** Execution environments of all functions together; beyond, idle ones make room. Default 64. */
  maxEnvironments?: number;
  /** An environment that nobody needed for so long is retired. Default 10 minutes. */
  idleTimeoutMs?: number;
  /** How long an invocation waits for an environment before it is throttled. Default 10 s. */
  queueTimeoutMs?: number;
  /** Default `000000000000`. */
  accountId?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** A folder in which compiled bundles are kept, which halves the time of a cold start. None by default. */
  compileCacheDirectory?: string;
  /** Called after every invocation that reached an environment. */
  onInvocation?: (report: InvocationReport) => void;
}

export interface LambdaService {
  /**
   * Invokes a function and waits for its result; both cross as JSON, as on AWS.
   *
   * @throws LambdaError whose `errorType` is the thrown error's name; `Sandbox.Timedout` when the function ran out
   * of time; `Runtime.ExitError` when its worker died; `Function.ResponseSizeTooLarge`;
   * `RequestTooLargeException`; `TooManyRequestsException` when its concurrency is used up;
   * `ResourceNotFoundException`
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Resolves once the function has an environment that is loaded. @throws LambdaError when loading failed */
  warm(functionName: string): Promise<void>;
  /**
   * Creates functions, and updates those that exist by name. Running invocations finish on the old code; waiting and
   * later ones run the new code. A function that did not change keeps its environments.
   */
  deploy(functions: readonly LambdaFunctionConfig[]): void;
  /** Terminates all environments of the function at once, running invocations included, as a crash would. */
  kill(functionName: string): Promise<void>;
  /** Refuses new invocations, waits up to `graceMs` (default 5 s) for running ones, then terminates every worker. */
  stop(graceMs?: number): Promise<void>;
}

/** An invocation or a warm-up that waits for an environment of a function. */
interface Waiting {
  since: number;
  accept: (environment: ExecutionEnvironment) => void;
  refuse: (error: LambdaError) => void;
}

interface FunctionState {
  readonly config: LambdaFunctionConfig;
  readonly cap: number;
  /** Every environment that is not gone: starting, idle or running. */
  readonly environments: Set<ExecutionEnvironment>;
  /** The most recently used environment is last. */
  readonly idle: ExecutionEnvironment[];
  /** First come, first served. */
  readonly waiting: Waiting[];
  starting: number;
}

/**
 * Lambda on worker threads: an environment takes one event at a time and is used again, the most recently used
 * first.
 *
 * An invocation that finds no idle environment takes the first that becomes free, a new one or one that has just
 * finished: on a machine of a few cores a new worker costs more than a short wait. For the same reason at most as many
 * workers start at once as there are cores.
 *
 * A function with reserved concurrency is throttled beyond it, as on AWS. The other cap, `concurrency`, exists
 * only on this machine: invocations beyond it queue for `queueTimeoutMs` before they are throttled.
 */
export const createLambdaService = (options: LambdaServiceOptions): LambdaService => {
  const {
    functions,
    log,
    concurrency = 3 * availableParallelism(),
    maxEnvironments = 64,
    idleTimeoutMs = 10 * 60_000,
    queueTimeoutMs = 10_000,
    accountId = '000000000000',
    region = 'us-east-1',
    compileCacheDirectory,
    onInvocation,
  } = options;
  const maxStarting = Math.max(1, availableParallelism());
  const states = new Map<string, FunctionState>();
  /** Functions with more waiting invocations than starting environments, in the order in which they got there. */
  const wanting = new Set<FunctionState>();
  const runningInvocations = new Set<Promise<string>>();
  let starting = 0;
  let total = 0;
  let stopping = false;

  const service: LambdaService = {
    async invoke(functionName, event) {
      const state = stateOf(functionName);
      const text = toJson(event);
      if (exceedsPayloadLimit(text)) {
        const message = `Request must be smaller than ${payloadLimit} bytes for the InvokeFunction operation`;
        throw new LambdaError('RequestTooLargeException', message);
      }
      const environment = state.idle.pop() ?? (await waitForEnvironment(state, true));
      return JSON.parse(await runOn(environment, state, text)) as unknown;
    },

    async warm(functionName) {
      const state = stateOf(functionName);
      if (state.environments.size > state.starting) return;
      give(state, await waitForEnvironment(state, false));
    },

    deploy(changed) {
      for (const config of changed) deploy(config);
    },

    async kill(functionName) {
      const { environments } = stateOf(functionName);
      await Promise.all([...environments].map((environment) => environment.terminate()));
    },

    async stop(graceMs = 5000) {
      if (stopping) return;
      stopping = true;
      clearInterval(sweep);
      const refusal = new LambdaError('ServiceException', 'The local Lambda service is stopping.');
      const everyState = [...states.values()];
      for (const waiting of everyState.flatMap((state) => state.waiting.splice(0))) waiting.refuse(refusal);
      wanting.clear();
      await settledWithin(runningInvocations, graceMs);
      const environments = everyState.flatMap((state) => [...state.environments]);
      await Promise.all(environments.map((environment) => environment.terminate()));
    },
  };

  const deploy = (config: LambdaFunctionConfig): void => {
    const before = states.get(config.functionName);
    if (isDeepStrictEqual(before?.config, config)) return;
    const cap = config.reservedConcurrency ?? concurrency;
    const waiting = before?.waiting.splice(0) ?? [];
    const state: FunctionState = {
      config,
      cap,
      environments: new Set(),
      idle: [],
      waiting,
      starting: 0,
    };
    states.set(config.functionName, state);
    if (before === undefined) return;
    wanting.delete(before);
    for (const environment of before.idle.slice()) retire(before, environment);
    if (waiting.length > 0) wanting.add(state);
    startWanted();
  };

  const stateOf = (functionName: string): FunctionState => {
    const state = states.get(functionName);
    if (stopping) throw new LambdaError('ServiceException', 'The local Lambda service is stopping.');
    if (state === undefined) {
      const arn = `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${arn}`);
    }
    return state;
  };

  const runOn = async (
    environment: ExecutionEnvironment,
    state: FunctionState,
    event: string,
  ): Promise<string> => {
    const invocation = environment.invoke(event);
    runningInvocations.add(invocation);
    try {
      return await invocation;
    } finally {
      runningInvocations.delete(invocation);
      if (!environment.isGone) give(state, environment);
    }
  };

  const waitForEnvironment = (state: FunctionState, mayThrottle: boolean): Promise<ExecutionEnvironment> => {
    const { environments, waiting, config, cap } = state;
    // Running and waiting invocations count. Starting environments do not: each is for one that waits.
    const inUse = environments.size - state.starting - state.idle.length + waiting.length;
    if (mayThrottle && config.reservedConcurrency !== undefined && inUse >= cap) throw throttled();
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        since: performance.now(),
        accept: (environment) => {
          clearTimeout(timer);
          resolve(environment);
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const giveUp = (): void => {
        // Looks the state up again: an update moves the queue to the new version's state.
        const { waiting: current } = stateOf(config.functionName);
        current.splice(current.indexOf(entry), 1);
        reject(throttled());
      };
      // A warm-up has no timeout of its own: INIT has one.
      const timer = mayThrottle ? setTimeout(giveUp, queueTimeoutMs) : undefined;
      waiting.push(entry);
      wanting.add(state);
      startWanted();
    });
  };

  /** Gives an environment to the first in the queue, or makes it idle. */
  const give = (state: FunctionState, environment: ExecutionEnvironment): void => {
    if (states.get(state.config.functionName) !== state) {
      // The function was updated while this environment ran or started.
      retire(state, environment);
      startWanted();
      return;
    }
    const next = state.waiting[0];
    if (next !== undefined && !mustMakeRoomFor(next)) {
      state.waiting.shift();
      next.accept(environment);
      return;
    }
    environment.idleSince = performance.now();
    state.idle.push(environment);
    startWanted();
  };

  /**
   * Whether a free environment has to be retired: all `maxEnvironments` are taken, and a function without any
   * environment has waited longer than `next`. Otherwise a busy function would starve that function.
   */
  const mustMakeRoomFor = (next: Waiting): boolean => {
    if (total < maxEnvironments || starting >= maxStarting) return false;
    return [...wanting].some((state) => {
      const first = state.waiting[0];
      return state.environments.size === 0 && first !== undefined && first.since < next.since;
    });
  };

  const startWanted = (): void => {
    if (wanting.size === 0 || stopping) return;
    // Functions without any environment first; otherwise in the order of `wanting`.
    const ordered = [...wanting].toSorted(
      (a, b) => Math.min(a.environments.size, 1) - Math.min(b.environments.size, 1),
    );
    for (const state of ordered) {
      while (state.waiting.length > state.starting && state.environments.size < state.cap) {
        if (starting >= maxStarting) return;
        if (total >= maxEnvironments && !evictIdle()) return;
        start(state);
      }
      if (state.waiting.length <= state.starting) wanting.delete(state);
    }
  };

  const start = (state: FunctionState): void => {
    const environment = new ExecutionEnvironment({
      config: state.config,
      place: { accountId, region },
      compileCacheDirectory,
      log,
      onInvocation,
      onGone: (gone) => {
        forget(state, gone);
        startWanted();
      },
    });
    state.environments.add(environment);
    state.starting += 1;
    starting += 1;
    total += 1;
    void awaitStart(state, environment);
  };

  const awaitStart = async (state: FunctionState, environment: ExecutionEnvironment): Promise<void> => {
    let failure: LambdaError | undefined;
    try {
      await environment.ready;
    } catch (error) {
      failure = error as LambdaError;
    }
    state.starting -= 1;
    starting -= 1;
    if (failure === undefined) {
      give(state, environment);
    } else {
      // An environment that fails to load fails one invocation, as on AWS; the others start new environments.
      state.waiting.shift()?.refuse(failure);
      if (state.waiting.length > state.starting) wanting.add(state);
    }
    startWanted();
  };

  const forget = (state: FunctionState, environment: ExecutionEnvironment): void => {
    if (!state.environments.delete(environment)) return;
    total -= 1;
    const index = state.idle.indexOf(environment);
    if (index >= 0) state.idle.splice(index, 1);
    if (state.waiting.length > state.starting) wanting.add(state);
  };

  /** Retires the environment that has been idle longest. @returns whether there was one */
  const evictIdle = (): boolean => {
    let oldest: { state: FunctionState; environment: ExecutionEnvironment } | undefined;
    for (const state of states.values()) {
      const environment = state.idle[0];
      if (environment === undefined) continue;
      if (oldest === undefined || environment.idleSince < oldest.environment.idleSince) {
        oldest = { state, environment };
      }
    }
    if (oldest === undefined) return false;
    retire(oldest.state, oldest.environment);
    return true;
  };

  const retireIdle = (): void => {
    const limit = performance.now() - idleTimeoutMs;
    for (const state of states.values()) {
      // Iterates over a copy, because `retire` removes environments from the list.
      for (const environment of state.idle.filter(({ idleSince }) => idleSince <= limit)) {
        retire(state, environment);
      }
    }
  };

  const retire = (state: FunctionState, environment: ExecutionEnvironment): void => {
    // Forgotten before it has ended, so that no invocation gets a terminating environment.
    forget(state, environment);
    void environment.terminate();
  };

  const sweep = setInterval(retireIdle, Math.max(1, idleTimeoutMs / 4));
  // The timer alone must not keep the process alive.
  sweep.unref();
  for (const config of functions) deploy(config);

  return service;
};

const settledWithin = async (promises: Iterable<Promise<unknown>>, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([Promise.allSettled(promises), limit]);
  clearTimeout(timer);
};

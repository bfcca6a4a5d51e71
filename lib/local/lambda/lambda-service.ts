import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { ServerInProcess } from '../requests-in-process.ts';
import { waitAtMost } from '../wait-at-most.ts';
import type { ExecutionEnvironment } from './execution-environment.ts';
import type { InvocationReport, LambdaFunctionConfig } from './function-config.ts';
import { LambdaError, throttled } from './lambda-error.ts';
import { exceedsPayloadLimit, payloadLimit, toJson } from './runtime-protocol.ts';
import { WorkerHost } from './worker-host.ts';

export interface LambdaServiceOptions {
  functions: readonly LambdaFunctionConfig[];
  log: (line: string) => void;
  /** Maximum number of execution environments of a function without reserved concurrency. Default: 2 per core. */
  concurrency?: number;
  /** Maximum number of execution environments of all functions; beyond it, idle workers are retired. Default: 512. */
  maxEnvironments?: number;
  /** Maximum number of workers, and so of concurrently running events. Default: 12 per core. */
  maxWorkers?: number;
  /** How long a worker may be idle before it is retired. Default: 2 minutes. */
  idleTimeoutMs?: number;
  /** How long an invocation waits for an environment before it is throttled. Default: 10 s. */
  queueTimeoutMs?: number;
  /** How long invocations wait for busy environments before another one is started. Default: 20 ms. */
  waitBeforeLoadMs?: number;
  /** Default `000000000000`. */
  accountId?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** The folder of the compile cache, which halves the time of a cold start. Default: none. */
  compileCacheDirectory?: string;
  /** The servers that functions reach without the kernel. Default: none. */
  servers?: readonly ServerInProcess[];
  /** Called after every invocation that reached an environment. */
  onInvocation?: (report: InvocationReport) => void;
}

export interface LambdaService {
  /**
   * Invokes a function and waits for its result; event and result are transferred as JSON, as on AWS.
   *
   * @throws LambdaError whose `errorType` is the thrown error's name; `Sandbox.Timedout` when the function ran out of
   *   time; `Runtime.ExitError` when its worker died; `Function.ResponseSizeTooLarge`; `RequestTooLargeException`;
   *   `TooManyRequestsException` when its concurrency is used up; `ResourceNotFoundException`
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Resolves once the function has a loaded environment. @throws LambdaError when loading failed */
  warm(functionName: string): Promise<void>;
  /**
   * Creates functions, and updates existing ones by name. Running invocations finish on the old code; waiting and
   * later ones run the new code. An unchanged function keeps its environments.
   */
  deploy(functions: readonly LambdaFunctionConfig[]): void;
  /** Terminates all environments of the function at once, together with their running invocations, like a crash. */
  kill(functionName: string): Promise<void>;
  /** Refuses new invocations, waits up to `graceMs` (default 5 s) for running ones, then terminates every worker. */
  stop(graceMs?: number): Promise<void>;
}

/** An invocation or a warm-up that waits for an environment of a function. */
interface Waiting {
  readonly functionName: string;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  readonly accept: (place: AssignedEnvironment) => void;
  readonly refuse: (error: LambdaError) => void;
}

/** One version of a function. */
interface FunctionState {
  readonly config: LambdaFunctionConfig;
  readonly cap: number;
  /** Workers that have loaded the function, or are loading it. */
  readonly hosts: Set<Host>;
  loading: number;
  running: number;
  /** How long the last load took. */
  loadedInMs: number;
}

/** A worker and its state. */
interface Host {
  readonly worker: WorkerHost;
  readonly environments: Map<FunctionState, ExecutionEnvironment>;
  /** The function that the worker is loading or running. */
  busyWith: FunctionState | undefined;
  /** The worker gets nothing more, and ends as soon as it is idle. */
  isDraining: boolean;
  /** On the clock of `performance.now()`. */
  idleSince: number;
}

/** An environment that was chosen for an event; its worker does nothing else meanwhile. */
interface AssignedEnvironment {
  readonly host: Host;
  readonly state: FunctionState;
  readonly environment: ExecutionEnvironment;
}

/** Node itself needs some heap, and a thread that runs out of heap takes long to die. */
const SMALLEST_HEAP_MB = 256;

/**
 * Lambda on worker threads. A worker hosts one environment each of several functions, and runs one event at a time: a
 * separate isolate for each environment would cost three times the memory. Functions do not notice, except through
 * state on the global object.
 *
 * Invocations are served in their order of arrival. An invocation takes the most recently used environment. When all
 * are busy it waits, because on a machine with few cores loading a function again costs more than a short wait;
 * `remainingWaitMs` decides how long. Then the function is loaded once more, on the idle worker that has loaded the
 * fewest functions, or on a new one. At most as many functions are being loaded as there are cores.
 *
 * A function with reserved concurrency is throttled beyond it, as on AWS. The other limits, `concurrency` and
 * `maxWorkers`, exist only on this machine: invocations beyond them queue for `queueTimeoutMs` before they are
 * throttled.
 */
export const createLambdaService = (options: LambdaServiceOptions): LambdaService => {
  const cores = availableParallelism();
  const {
    functions,
    log,
    concurrency = 2 * cores,
    maxEnvironments = 512,
    maxWorkers = 12 * cores,
    idleTimeoutMs = 2 * 60_000,
    queueTimeoutMs = 10_000,
    waitBeforeLoadMs = 20,
    accountId = '000000000000',
    region = 'us-east-1',
    compileCacheDirectory,
    servers = [],
    onInvocation,
  } = options;
  /**
   * Up to this number of workers, a function that is not loaded anywhere gets a new worker, so that it runs
   * concurrently with the others.
   */
  const spread = Math.min(2 * cores, maxWorkers);
  const heapMb = Math.max(SMALLEST_HEAP_MB, ...functions.map(({ memorySizeMb }) => memorySizeMb));
  const states = new Map<string, FunctionState>();
  const hosts = new Set<Host>();
  /** Who waits for an environment, by function, in their order of arrival; no queue is empty. */
  const queues = new Map<string, Waiting[]>();
  const runningInvocations = new Set<Promise<string>>();
  let loading = 0;
  let stopping = false;
  let dispatchTimer: NodeJS.Timeout | undefined;

  const service: LambdaService = {
    async invoke(functionName, event) {
      const state = stateOf(functionName);
      const text = toJson(event);
      if (exceedsPayloadLimit(text)) {
        const message = `Request must be smaller than ${payloadLimit} bytes for the InvokeFunction operation`;
        throw new LambdaError('RequestTooLargeException', message);
      }
      if (state.config.reservedConcurrency !== undefined) {
        const waits = queues.get(functionName)?.length ?? 0;
        if (state.running + waits >= state.cap) throw throttled();
      }
      return JSON.parse(await runOn(await waitForPlace(functionName, queueTimeoutMs), text)) as unknown;
    },

    async warm(functionName) {
      const state = stateOf(functionName);
      if (state.hosts.size > state.loading) return;
      // Without a timeout of its own: INIT has one.
      const { host } = await waitForPlace(functionName);
      release(host);
    },

    deploy(changed) {
      for (const config of changed) deploy(config);
    },

    async kill(functionName) {
      const state = stateOf(functionName);
      const ending = [...state.hosts].map(async (host) => {
        if (host.busyWith === undefined || host.busyWith === state) await host.worker.terminate();
        else drain(host);
      });
      await Promise.all(ending);
    },

    async stop(graceMs = 5000) {
      if (stopping) return;
      stopping = true;
      clearInterval(sweep);
      clearTimeout(dispatchTimer);
      const refusal = new LambdaError('ServiceException', 'The local Lambda service is stopping.');
      const waiting = [...queues.values()].flat();
      queues.clear();
      for (const { refuse } of waiting) refuse(refusal);
      await waitAtMost(Promise.allSettled(runningInvocations), graceMs);
      await Promise.all([...hosts].map(({ worker }) => worker.terminate()));
    },
  };

  const deploy = (config: LambdaFunctionConfig): void => {
    const before = states.get(config.functionName);
    if (isDeepStrictEqual(before?.config, config)) return;
    const cap = config.reservedConcurrency ?? concurrency;
    states.set(config.functionName, { config, cap, hosts: new Set(), loading: 0, running: 0, loadedInMs: 0 });
    // A worker cannot load a function a second time: loaded modules stay as long as the worker lives.
    for (const host of before?.hosts ?? []) drain(host);
    dispatch();
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

  const runOn = async ({ host, state, environment }: AssignedEnvironment, event: string): Promise<string> => {
    const invocation = environment.invoke(event);
    runningInvocations.add(invocation);
    state.running += 1;
    try {
      return await invocation;
    } finally {
      runningInvocations.delete(invocation);
      state.running -= 1;
      release(host);
    }
  };

  const waitForPlace = (functionName: string, timeoutMs?: number): Promise<AssignedEnvironment> =>
    new Promise((resolve, reject) => {
      const waiting: Waiting = {
        functionName,
        since: performance.now(),
        accept: (place) => {
          clearTimeout(timer);
          resolve(place);
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const giveUp = (): void => {
        leaveQueue(waiting);
        reject(throttled());
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
      const queue = queues.get(functionName);
      if (queue === undefined) queues.set(functionName, [waiting]);
      else queue.push(waiting);
      dispatch();
    });

  const leaveQueue = (waiting: Waiting): void => {
    const queue = queues.get(waiting.functionName) ?? [];
    if (queue.length === 1) queues.delete(waiting.functionName);
    else queue.splice(queue.indexOf(waiting), 1);
  };

  /** The first of the waiting invocations, those of some functions left out. */
  const firstWaiting = (except: ReadonlySet<string>): Waiting | undefined => {
    let first: Waiting | undefined;
    for (const [functionName, [head]] of queues) {
      if (head === undefined || except.has(functionName)) continue;
      if (first === undefined || head.since < first.since) first = head;
    }
    return first;
  };

  /** Assigns idle workers to the waiting invocations, in their order of arrival. */
  const dispatch = (): void => {
    if (stopping) return;
    clearTimeout(dispatchTimer);
    const now = performance.now();
    /**
     * Functions without an idle environment: their first waiting invocation has been considered, and the others wait
     * behind it.
     */
    const considered = new Set<string>();
    let nextWaitedOutAt = Infinity;
    for (let waiting = firstWaiting(considered); waiting !== undefined; waiting = firstWaiting(considered)) {
      const state = stateOf(waiting.functionName);
      const host = idleHostWith(state);
      const environment = host?.environments.get(state);
      if (host !== undefined && environment !== undefined) {
        leaveQueue(waiting);
        host.busyWith = state;
        waiting.accept({ host, state, environment });
        continue;
      }
      considered.add(waiting.functionName);
      if (state.loading > 0 || state.hosts.size >= state.cap || loading >= cores) continue;
      const waitedOutAt = now + remainingWaitMs(state, now);
      const hasWaitedEnough = now >= waitedOutAt;
      if (!hasWaitedEnough) nextWaitedOutAt = Math.min(nextWaitedOutAt, waitedOutAt);
      if (state.hosts.size > 0 && !hasWaitedEnough) continue;
      const place = hostToLoad(state, hasWaitedEnough);
      if (place !== undefined) void load(state, place);
    }
    if (nextWaitedOutAt === Infinity) return;
    dispatchTimer = setTimeout(dispatch, Math.max(1, nextWaitedOutAt - now));
    dispatchTimer.unref();
  };

  /**
   * How much longer, in milliseconds, the function is not loaded again for its waiting invocations. While it has
   * fewer environments than cores, they wait `waitBeforeLoadMs` in total; after that, as long as its last load took,
   * times the number of its environments. So a burst is waited out, and a lasting queue gets more environments.
   */
  const remainingWaitMs = ({ config, hosts: { size }, loadedInMs }: FunctionState, now: number): number => {
    const queue = queues.get(config.functionName) ?? [];
    const waited = queue.reduce((sum, { since }) => sum + now - since, 0);
    const allowedWaitMs = size < cores ? waitBeforeLoadMs : Math.max(waitBeforeLoadMs, loadedInMs) * size;
    return Math.max(0, allowedWaitMs - waited) / queue.length;
  };

  const idleAmong = (some: Iterable<Host>): Host[] =>
    [...some].filter(({ busyWith, isDraining }) => busyWith === undefined && !isDraining);

  /** The idle worker whose environment of the function was used most recently. */
  const idleHostWith = (state: FunctionState): Host | undefined =>
    idleAmong(state.hosts).toSorted((a, b) => b.idleSince - a.idleSince)[0];

  /** A worker on which the function can be loaded: an idle one, or a new one; undefined when none is available yet. */
  const hostToLoad = (state: FunctionState, hasWaitedEnough: boolean): Host | undefined => {
    const total = [...hosts].reduce((sum, { environments }) => sum + environments.size, 0);
    if (total >= maxEnvironments && !evictIdle()) return undefined;
    if (hosts.size >= spread) {
      const [least] = idleAmong(hosts)
        .filter(({ environments }) => !environments.has(state))
        .toSorted((a, b) => a.environments.size - b.environments.size || b.idleSince - a.idleSince);
      if (least !== undefined) return least;
      if (!hasWaitedEnough || hosts.size >= maxWorkers) return undefined;
    }
    return startHost();
  };

  const startHost = (): Host => {
    const host: Host = {
      worker: new WorkerHost({
        place: { accountId, region },
        heapMb,
        compileCacheDirectory,
        servers,
        onGone: () => {
          hosts.delete(host);
          for (const state of host.environments.keys()) state.hosts.delete(host);
          dispatch();
        },
      }),
      environments: new Map(),
      busyWith: undefined,
      isDraining: false,
      idleSince: performance.now(),
    };
    hosts.add(host);
    return host;
  };

  const load = async (state: FunctionState, host: Host): Promise<void> => {
    host.busyWith = state;
    state.loading += 1;
    loading += 1;
    const startedAt = performance.now();
    const environment = host.worker.load(state.config, { log, onInvocation, onGone: () => drain(host) });
    host.environments.set(state, environment);
    state.hosts.add(host);
    let failure: LambdaError | undefined;
    try {
      await environment.ready;
    } catch (error) {
      failure = error as LambdaError;
    }
    state.loadedInMs = performance.now() - startedAt;
    state.loading -= 1;
    loading -= 1;
    if (failure !== undefined) {
      // An environment that fails to load fails one invocation, as on AWS; the others start new environments.
      const [first] = queues.get(state.config.functionName) ?? [];
      if (first !== undefined) {
        leaveQueue(first);
        first.refuse(failure);
      }
    }
    release(host);
  };

  /** The worker has finished its event or load. */
  const release = (host: Host): void => {
    host.busyWith = undefined;
    host.idleSince = performance.now();
    if (host.isDraining) void host.worker.terminate();
    dispatch();
  };

  /** Ends a worker once it is idle. */
  const drain = (host: Host): void => {
    host.isDraining = true;
    if (host.busyWith === undefined) void host.worker.terminate();
  };

  /** Retires the worker that has been idle longest. @returns whether there was one */
  const evictIdle = (): boolean => {
    const [oldest] = idleAmong(hosts).toSorted((a, b) => a.idleSince - b.idleSince);
    if (oldest === undefined) return false;
    drain(oldest);
    return true;
  };

  const retireIdle = (): void => {
    const limit = performance.now() - idleTimeoutMs;
    for (const host of idleAmong(hosts)) if (host.idleSince <= limit) drain(host);
  };

  const sweep = setInterval(retireIdle, Math.max(1, idleTimeoutMs / 4));
  // The timer alone must not keep the process alive.
  sweep.unref();
  for (const config of functions) deploy(config);

  return service;
};

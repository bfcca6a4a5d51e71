import {
  LambdaError,
  startExecutionEnvironment,
  type ExecutionEnvironment,
  type InvocationReport,
  type LambdaFunctionConfig,
} from './execution-environment.ts';

export interface LambdaServiceOptions {
  readonly functions: readonly LambdaFunctionConfig[];
  readonly log: (line: string) => void;
  /** Execution environments of one function; AWS has a thousand, one machine has a few cores. */
  readonly environmentsPerFunction?: number;
  /** Environments that had nothing to do for this long are ended. */
  readonly idleMs?: number;
  readonly onInvocation?: (report: InvocationReport) => void;
}

/** Runs functions as AWS Lambda does: one event at a time in an environment, many environments at once. */
export interface LambdaService {
  /** @throws LambdaError, with Lambda's `errorType` */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Loads a function ahead of its first event. */
  warm(functionName: string): Promise<void>;
  /** Ends the environments of a function at once, in the middle of whatever they do. */
  kill(functionName: string): Promise<void>;
  /** Lets what is running end, within limits, and ends everything. */
  stop(): Promise<void>;
}

const ENVIRONMENTS_PER_FUNCTION = 8;
const IDLE_MS = 5 * 60 * 1000;
const DRAIN_MS = 5000;

interface FunctionState {
  readonly config: LambdaFunctionConfig;
  /** Most recently used last: the quiet ones retire. */
  readonly idle: { readonly environment: ExecutionEnvironment; since: number }[];
  readonly busy: Set<ExecutionEnvironment>;
  readonly queue: ((environment: ExecutionEnvironment) => void)[];
}

export const createLambdaService = (options: LambdaServiceOptions): LambdaService => {
  const cap = options.environmentsPerFunction ?? ENVIRONMENTS_PER_FUNCTION;
  const idleMs = options.idleMs ?? IDLE_MS;
  const states = new Map<string, FunctionState>(
    options.functions.map((config) => [
      config.functionName,
      { config, idle: [], busy: new Set(), queue: [] },
    ]),
  );
  const running = new Set<Promise<unknown>>();
  let stopping = false;

  const stateOf = (functionName: string): FunctionState => {
    const state = states.get(functionName);
    if (state === undefined) {
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${functionName}`);
    }
    return state;
  };

  const start = ({ config }: FunctionState): ExecutionEnvironment =>
    startExecutionEnvironment(config, options.log);

  /** An environment for one event; it stands under `busy` until `release`. */
  const acquire = async (state: FunctionState): Promise<ExecutionEnvironment> => {
    const { reservedConcurrency } = state.config;
    if (reservedConcurrency !== undefined && state.busy.size >= reservedConcurrency) {
      throw new LambdaError('TooManyRequestsException', 'Rate Exceeded.');
    }
    let found = state.idle.pop();
    while (found !== undefined && !found.environment.isAlive()) found = state.idle.pop();
    if (found === undefined && state.busy.size >= cap) {
      // AWS would start another environment. Here the machine is full: wait for one.
      return new Promise((resolve) => state.queue.push(resolve));
    }
    const environment = found?.environment ?? start(state);
    state.busy.add(environment);
    return environment;
  };

  const release = (state: FunctionState, environment: ExecutionEnvironment): void => {
    state.busy.delete(environment);
    const next = state.queue.shift();
    if (next !== undefined) {
      const successor = environment.isAlive() ? environment : start(state);
      state.busy.add(successor);
      next(successor);
      return;
    }
    if (environment.isAlive()) state.idle.push({ environment, since: Date.now() });
  };

  const run = async (state: FunctionState, event: string): Promise<unknown> => {
    const environment = await acquire(state);
    const isFirst = environment.initDurationMs() === 0;
    const startedAt = performance.now();
    try {
      return JSON.parse(await environment.invoke(event)) as unknown;
    } finally {
      options.onInvocation?.({
        functionName: state.config.functionName,
        durationMs: performance.now() - startedAt,
        ...(isFirst ? { initDurationMs: environment.initDurationMs() } : {}),
      });
      release(state, environment);
    }
  };

  const retire = setInterval(() => {
    const since = Date.now() - idleMs;
    for (const { idle } of states.values()) {
      while (idle[0] !== undefined && idle[0].since < since) void idle.shift()?.environment.terminate();
    }
  }, idleMs / 2);
  retire.unref();

  const environmentsOf = ({ idle, busy }: FunctionState): ExecutionEnvironment[] => [
    ...idle.map(({ environment }) => environment),
    ...busy,
  ];

  return {
    invoke: async (functionName, event) => {
      if (stopping) throw new LambdaError('ServiceException', 'The local cloud is stopping');
      const invocation = run(stateOf(functionName), JSON.stringify(event));
      running.add(invocation);
      try {
        return await invocation;
      } finally {
        running.delete(invocation);
      }
    },
    warm: async (functionName) => {
      const state = stateOf(functionName);
      const environment = await acquire(state);
      try {
        await environment.ready;
      } finally {
        release(state, environment);
      }
    },
    kill: async (functionName) => {
      await Promise.all(environmentsOf(stateOf(functionName)).map((environment) => environment.terminate()));
    },
    stop: async () => {
      stopping = true;
      clearInterval(retire);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        Promise.allSettled(running),
        new Promise((resolve) => {
          timer = setTimeout(resolve, DRAIN_MS);
        }),
      ]);
      clearTimeout(timer);
      await Promise.all(
        [...states.values()].flatMap(environmentsOf).map((environment) => environment.terminate()),
      );
    },
  };
};

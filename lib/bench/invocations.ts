import type { LambdaService } from '../local/lambda/lambda-service.ts';
import type { RoundTrip, Traffic } from './store-proxy.ts';

/** The requests of one invocation to the stores and to API Gateway. */
export interface Invocation {
  readonly roundTrips: readonly RoundTrip[];
  /** Capacity units of DynamoDB. */
  readonly reads: number;
  readonly writes: number;
  /** Frames posted to connections. */
  readonly posts: number;
}

/** Records the invocations of a cloud whose stores record their requests in one `Traffic`. */
export interface InvocationWatch {
  /** A wrapper for the cloud's Lambda service. */
  readonly inFrontOf: (lambda: LambdaService) => LambdaService;
  /**
   * Performs an action that invokes these functions, each once and one after another, and waits until all of them have
   * ended.
   *
   * @returns one invocation per function, in the same order
   * @throws Error when another function ran at the same time: their requests cannot be told apart
   */
  during(functionNames: readonly string[], act: () => Promise<unknown>): Promise<Invocation[]>;
  /** The functions that have been invoked; clear the set to observe a period. */
  readonly invoked: Set<string>;
  /** Invokes a function that is held back, as its schedule or its queue would. */
  invoke(functionName: string, event?: object): Promise<unknown>;
}

interface Event {
  readonly requestContext?: {
    readonly connectedAt?: number;
    readonly http?: object;
    readonly identity?: object;
  };
}

/** Frames pretend that their connection was opened this long ago, so that it has a lease to renew. */
const OPEN_FOR_MS = 2 * 60_000;

/**
 * @param isHeld whether a function is held back because it runs by a schedule or from a queue. It then runs only by
 *   `invoke`, so that it does not interfere with a count
 */
export const watchInvocations = (
  traffic: Traffic,
  isHeld: (functionName: string) => boolean,
): InvocationWatch => {
  let service: LambdaService | undefined;
  let addresses = 0;
  let running = 0;
  let sideBySide = false;
  const invoked = new Set<string>();
  const expected = new Map<string, (invocation: Invocation) => void>();

  /**
   * Changes an event as if it came from many users instead of one machine within seconds: each request gets its own
   * address, which no rate limit has counted, and connections seem to have been open for a while.
   */
  const asFromManyPeople = (event: unknown): unknown => {
    const { requestContext } = event as Event;
    if (requestContext === undefined) return event;
    addresses += 1;
    const sourceIp = `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
    const { connectedAt, http, identity } = requestContext;
    return {
      ...(event as Event),
      requestContext: {
        ...requestContext,
        ...(connectedAt === undefined ? {} : { connectedAt: connectedAt - OPEN_FOR_MS }),
        ...(http === undefined ? {} : { http: { ...http, sourceIp } }),
        ...(identity === undefined ? {} : { identity: { ...identity, sourceIp } }),
      },
    };
  };

  const watched = async (lambda: LambdaService, functionName: string, event: unknown): Promise<unknown> => {
    invoked.add(functionName);
    running += 1;
    if (running > 1) sideBySide = true;
    const before = { trips: traffic.roundTrips.length, posts: traffic.posts, ...traffic.capacity };
    try {
      return await lambda.invoke(functionName, asFromManyPeople(event));
    } finally {
      running -= 1;
      const { capacity, posts, roundTrips } = traffic;
      expected.get(functionName)?.({
        roundTrips: roundTrips.slice(before.trips),
        reads: capacity.reads - before.reads,
        writes: capacity.writes - before.writes,
        posts: posts - before.posts,
      });
      expected.delete(functionName);
    }
  };

  return {
    invoked,
    inFrontOf: (lambda) => {
      service = lambda;
      return {
        ...lambda,
        invoke: async (functionName, event) =>
          isHeld(functionName) ? undefined : watched(lambda, functionName, event),
      };
    },
    during: async (functionNames, act) => {
      const ended = functionNames.map((functionName) => {
        const { promise, resolve } = Promise.withResolvers<Invocation>();
        expected.set(functionName, resolve);
        return promise;
      });
      sideBySide = running > 0;
      await act();
      const invocations = await Promise.all(ended);
      if (sideBySide) throw new Error(`Something ran beside ${functionNames.join(' and ')}`);
      return invocations;
    },
    invoke: async (functionName, event = {}) => {
      if (service === undefined) throw new Error('No cloud has been started');
      return watched(service, functionName, event);
    },
  };
};

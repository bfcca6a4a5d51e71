import type { LambdaService } from '../local/lambda/lambda-service.ts';
import type { RoundTrip, Traffic } from './store-proxy.ts';

/** What one invocation of a function asked of the stores and of API Gateway. */
export interface Invocation {
  readonly roundTrips: readonly RoundTrip[];
  /** Capacity units of DynamoDB. */
  readonly reads: number;
  readonly writes: number;
  /** Frames posted to connections. */
  readonly posts: number;
}

/** Watches the invocations of a cloud whose stores note what they are asked in one `Traffic`. */
export interface InvocationWatch {
  /** What the cloud puts in front of its Lambda. */
  readonly inFrontOf: (lambda: LambdaService) => LambdaService;
  /**
   * Runs what invokes these functions, each once and one after the other, and waits for the end of all of them.
   *
   * @returns one for each, in their order
   * @throws Error when another function ran at the same time: their requests cannot be told apart
   */
  during(functionNames: readonly string[], act: () => Promise<unknown>): Promise<Invocation[]>;
  /** Functions that have been invoked; whoever wants to know of a while empties it first. */
  readonly invoked: Set<string>;
  /** Runs a function that is held back, as its schedule or its queue would. */
  invoke(functionName: string, event?: object): Promise<unknown>;
}

interface Event {
  readonly requestContext?: {
    readonly connectedAt?: number;
    readonly http?: object;
    readonly identity?: object;
  };
}

/** A connection that opened this long ago has a lease to renew. */
const OPEN_FOR_MS = 2 * 60_000;

/**
 * @param isHeld whether a function runs by the clock or from a queue: it is then run by `invoke` only, so that it does not
 * fall into what is being counted
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
   * The event as it comes from many people, and not from one machine within seconds: each request from an address of its
   * own, which no limit on addresses has counted, and frames on connections that have been open for a while.
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

import { httpRoutes } from '../../functions/contract/table.ts';
import { openChatSocket } from '../client/chat-socket.ts';
import { startCountedCloud } from './counted-cloud.ts';
import { CHATS, logIn, populate, succeed, type Population } from './population.ts';
import { refusedScenarios, scenarios, type Scenario } from './scenarios.ts';
import { sequentialOf, type RoundTrip, type Store, type Traffic } from './store-proxy.ts';

/** What one request costs. Round trips are medians; so many as are always the same need no more. */
export interface RouteCost {
  /** The route, and what is special about the request. */
  readonly name: string;
  readonly method: string;
  readonly roundTrips: Readonly<Record<Store, number>>;
  /** Round trips one after the other: those side by side count once. */
  readonly sequential: number;
  /** The same for the first request of a session, whose check is not remembered yet. */
  readonly sequentialInNewSession: number;
  /** Between the functions and the stores, both ways. */
  readonly storeBytes: number;
  readonly answerBytes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** The commands of one request, as they came. */
  readonly commands: readonly string[];
}

export interface RouteReport {
  readonly stores: readonly string[];
  readonly requests: number;
  readonly routes: readonly RouteCost[];
  /** Routes that nothing here measures. */
  readonly unmeasured: readonly string[];
}

/** The contract: no read takes more round trips one after the other. */
export const SEQUENTIAL_READS_MAX = 3;

const WARM_REQUESTS = 5;
const COUNTED_REQUESTS = 7;
const SEEN_APART_MS = 8;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;

interface Sample {
  readonly milliseconds: number;
  readonly roundTrips: readonly RoundTrip[];
  readonly storeBytes: number;
  readonly answerBytes: number;
}

const sample = async (
  name: string,
  scenario: Scenario,
  population: Population,
  httpUrl: string,
  traffic: Traffic,
): Promise<Sample> => {
  const send = await scenario(population, httpUrl);
  const bytes = (): number => traffic.bytes.mysql + traffic.bytes.mongodb + traffic.bytes.dynamodb;
  const before = bytes();
  traffic.roundTrips.length = 0;
  const startedAt = performance.now();
  const { status, headers } = await send();
  const milliseconds = performance.now() - startedAt;
  const expected = refusedScenarios[name.replace(/ .*/, '')] ?? 200;
  if (status < expected || status >= expected + 100) throw new Error(`${name} answered ${status}`);
  return {
    milliseconds,
    roundTrips: [...traffic.roundTrips],
    storeBytes: bytes() - before,
    answerBytes: Number(headers.get('content-length') ?? 0),
  };
};

const countsOf = (samples: readonly Sample[]): Record<Store, number> => {
  const of = (store: Store): number =>
    percentile(
      samples.map(({ roundTrips }) => roundTrips.filter((one) => one.store === store).length),
      0.5,
    );
  return { mysql: of('mysql'), mongodb: of('mongodb'), dynamodb: of('dynamodb'), sqs: of('sqs') };
};

const sequential = (samples: readonly Sample[]): number =>
  percentile(
    samples.map(({ roundTrips }) => sequentialOf(roundTrips)),
    0.5,
  );

/**
 * Measures every route of the table on an idle local cloud of its own.
 *
 * @param requests how many of each, one after the other, the times are of
 */
export const benchRoutes = async (requests: number, log: (line: string) => void): Promise<RouteReport> => {
  const counted = await startCountedCloud(log);
  const { cloud, traffic } = counted;
  try {
    log(`Filling it: 41 people, ${CHATS} chats, a group of 40 with 300 messages`);
    const population = await populate(`${cloud.httpUrl}/api/v1`);
    const { service, ada } = population;
    // Somebody listens: events have somewhere to go.
    const socket = await openChatSocket(cloud.websocketUrl, ada.accessToken);

    const measure = async (name: string, scenario: Scenario, method: string): Promise<RouteCost> => {
      const once = (who = population) => sample(name, scenario, who, cloud.httpUrl, traffic);
      const several = async (count: number): Promise<Sample[]> => {
        const samples: Sample[] = [];
        for (let n = 0; n < count; n += 1) samples.push(await once());
        return samples;
      };
      await several(WARM_REQUESTS);
      const timed = await several(requests);
      // Apart from the times: each request is held back a little, and those that overlap ran side by side.
      traffic.delayMs = SEEN_APART_MS;
      const seenApart = await several(COUNTED_REQUESTS);
      traffic.delayMs = 0;
      const session = await logIn(service, ada.username);
      traffic.delayMs = SEEN_APART_MS;
      const inNewSession = await once({ ...population, ada: { ...ada, ...session } });
      traffic.delayMs = 0;
      // Of more sessions than a user may have, the oldest ends: the one that Ada asks with.
      await succeed(service, 'POST', '/users/logout', { refresh_token: session.refreshToken });
      const times = timed.map(({ milliseconds }) => milliseconds);
      return {
        name,
        method,
        roundTrips: countsOf(timed),
        sequential: sequential(seenApart),
        sequentialInNewSession: sequentialOf(inNewSession.roundTrips),
        storeBytes: percentile(
          timed.map(({ storeBytes }) => storeBytes),
          0.5,
        ),
        answerBytes: percentile(
          timed.map(({ answerBytes }) => answerBytes),
          0.5,
        ),
        p50Ms: percentile(times, 0.5),
        p95Ms: percentile(times, 0.95),
        p99Ms: percentile(times, 0.99),
        commands: inNewSession.roundTrips.map(({ store, command }) => `${store}: ${command}`),
      };
    };

    const routes: RouteCost[] = [];
    const unmeasured: string[] = [];
    // Reads first, while the data is as it was made.
    for (const { id, method } of httpRoutes.toSorted(
      (a, b) => Number(b.method === 'GET') - Number(a.method === 'GET'),
    )) {
      const ways = Object.entries(scenarios).filter(([name]) => name === id || name.startsWith(`${id} `));
      if (ways.length === 0) unmeasured.push(id);
      for (const [name, scenario] of ways) {
        log(name);
        routes.push(await measure(name, scenario, method));
      }
    }
    await socket.close();
    return { stores: counted.stores, requests, routes, unmeasured };
  } finally {
    await counted.stop();
  }
};

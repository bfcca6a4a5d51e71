import { httpRoutes } from '../../functions/contract/table.ts';
import { openChatSocket } from './plain-chat-socket.ts';
import { startCountedCloud } from './counted-cloud.ts';
import { percentile } from './figures.ts';
import { CHATS, logIn, populate, requestOrThrow, type Population } from './population.ts';
import { refusedScenarios, scenarios, type Scenario } from './scenarios.ts';
import { sequentialOf, type RoundTrip, type Store, type Traffic } from './store-proxy.ts';

/** The costs of one request. The numbers of round trips are medians; they hardly vary, so a few requests are enough. */
export interface RouteCost {
  /** The route, and the variant of the request. */
  readonly name: string;
  readonly method: string;
  readonly roundTrips: Readonly<Record<Store, number>>;
  /** The number of sequential round trips: parallel ones count once. */
  readonly sequential: number;
  /** The same for the first request of a session, for which no session check is cached yet. */
  readonly sequentialInNewSession: number;
  /** Bytes between the functions and the stores, in both directions. */
  readonly storeBytes: number;
  readonly answerBytes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** The commands of one request, in order. */
  readonly commands: readonly string[];
}

export interface RouteReport {
  readonly stores: readonly string[];
  readonly requests: number;
  readonly routes: readonly RouteCost[];
  /** Routes without a scenario. */
  readonly unmeasured: readonly string[];
}

/** The contract's limit for the sequential round trips of a read. */
export const SEQUENTIAL_READS_MAX = 3;

const WARM_REQUESTS = 5;
const COUNTED_REQUESTS = 7;
const SEEN_APART_MS = 8;

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
 * Measures every route on an idle local cloud of its own.
 *
 * @param requests the number of sequential timed requests per route
 */
export const benchRoutes = async (requests: number, log: (line: string) => void): Promise<RouteReport> => {
  const counted = await startCountedCloud(log);
  const { cloud, traffic } = counted;
  try {
    log(`Filling it: 41 people, ${CHATS} chats, a group of 40 with 300 messages`);
    const population = await populate(`${cloud.httpUrl}/api/v1`);
    const { service, ada } = population;
    // With a connected user, events have a receiver.
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
      // Counted apart from the times: each request is delayed a little, so that parallel round trips overlap visibly.
      traffic.delayMs = SEEN_APART_MS;
      const seenApart = await several(COUNTED_REQUESTS);
      traffic.delayMs = 0;
      const session = await logIn(service, ada.username);
      traffic.delayMs = SEEN_APART_MS;
      const inNewSession = await once({ ...population, ada: { ...ada, ...session } });
      traffic.delayMs = 0;
      // Ends this session again: beyond the limit of sessions, the oldest one would end, with which Ada sends the
      // requests.
      await requestOrThrow(service, 'POST', '/users/logout', { refresh_token: session.refreshToken });
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
    // Reads come first, before other routes change the data.
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

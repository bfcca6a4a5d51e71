import type { CountedCloud } from './counted-cloud.ts';
import { connectedGroup, newPeople, createGroupLoad } from './crowd.ts';
import { sequentialOf, type RoundTrip } from './store-proxy.ts';

/** The counted requests of one message in a group. */
export interface SendCost {
  readonly members: number;
  readonly mysql: number;
  readonly mongodb: number;
  /** Requests by operation. */
  readonly dynamodb: Readonly<Record<string, number>>;
  /** The number of sequential round trips, including those of the broadcast. */
  readonly sequential: number;
  readonly deliveries: number;
}

const ROUNDS = 5;
const SEEN_APART_MS = 8;

const operations = (trips: readonly RoundTrip[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { store, command } of trips) {
    if (store === 'dynamodb') counts[command] = (counts[command] ?? 0) + 1;
  }
  return counts;
};

const requestsOf = ({ mysql, mongodb, dynamodb, sequential }: SendCost): number =>
  mysql + mongodb + sequential + Object.values(dynamodb).reduce((sum, count) => sum + count, 0);

/** Counts the store requests of a message over the socket, in groups of these sizes with all members connected. */
export const countSends = async (
  { cloud, traffic }: CountedCloud,
  sizes: readonly number[],
): Promise<SendCost[]> => {
  const costs: SendCost[] = [];
  for (const members of sizes) {
    const people = await newPeople(`${cloud.httpUrl}/api/v1`, members);
    const group = await connectedGroup(cloud.websocketUrl, people);
    // With a single sender, it is the sender's lease that is fresh.
    const talk = createGroupLoad([{ ...group, senders: 1 }]);
    await talk.messages(3);
    traffic.delayMs = SEEN_APART_MS;
    const rounds: SendCost[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      traffic.roundTrips.length = 0;
      const { deliveryMs } = await talk.messages(1);
      const trips = [...traffic.roundTrips];
      rounds.push({
        members,
        mysql: trips.filter(({ store }) => store === 'mysql').length,
        mongodb: trips.filter(({ store }) => store === 'mongodb').length,
        dynamodb: operations(trips),
        sequential: sequentialOf(trips),
        deliveries: deliveryMs.length,
      });
    }
    traffic.delayMs = 0;
    // The minimum over all rounds is what every message needs: others may include a store's housekeeping or, once a
    // minute, the renewal of the sender's lease.
    const [least] = rounds.toSorted((a, b) => requestsOf(a) - requestsOf(b));
    if (least !== undefined) costs.push(least);
    for (const socket of group.sockets) socket.close();
  }
  return costs;
};

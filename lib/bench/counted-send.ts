import type { CountedCloud } from './counted-cloud.ts';
import { connectedGroup, newPeople, talkIn } from './crowd.ts';
import { sequentialOf, type RoundTrip } from './store-proxy.ts';

/** What one message in a group takes, counted. */
export interface SendCost {
  readonly members: number;
  readonly mysql: number;
  readonly mongodb: number;
  /** Requests by operation. */
  readonly dynamodb: Readonly<Record<string, number>>;
  /** Round trips one after the other, the broadcast included. */
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

/** Counts the store requests of a message over the socket, in groups of these sizes whose members are all there. */
export const countSends = async (
  { cloud, traffic }: CountedCloud,
  sizes: readonly number[],
): Promise<SendCost[]> => {
  const costs: SendCost[] = [];
  for (const members of sizes) {
    const people = await newPeople(`${cloud.httpUrl}/api/v1`, members);
    const group = await connectedGroup(cloud.websocketUrl, people);
    // One who sends, so that it is the one whose lease is fresh.
    const talk = talkIn([{ ...group, senders: 1 }]);
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
    // What is always the same is the least that was seen: a store's own housekeeping may add to it, and once a minute
    // the renewal of the sender's lease does.
    const [least] = rounds.toSorted((a, b) => requestsOf(a) - requestsOf(b));
    if (least !== undefined) costs.push(least);
    for (const socket of group.sockets) socket.close();
  }
  return costs;
};

import type { CloudUnderTest } from '../cloud-under-test.ts';
import {
  connectedGroup,
  newPeople,
  createGroupLoad,
  type ConnectedGroup,
  type LoadResult,
  type GroupLoad,
} from '../crowd.ts';
import { withCountedCloud } from '../counted-cloud.ts';
import { countSends } from '../counted-send.ts';
import { spread, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const WARM_SECONDS = 8;

/** Groups of one size with all members connected, after messages that warmed up the functions. */
export const talkingGroups = async (
  cloud: CloudUnderTest,
  groups: number,
  members: number,
): Promise<{ readonly talk: GroupLoad; readonly close: () => void }> => {
  const people = await newPeople(`${cloud.httpUrl}/api/v1`, groups * members);
  const connected: ConnectedGroup[] = [];
  for (let n = 0; n < groups; n += 1) {
    connected.push(await connectedGroup(cloud.websocketUrl, people.slice(n * members, (n + 1) * members)));
  }
  const talk = createGroupLoad(connected);
  // The code of a function is compiled while it runs: the first messages measure that, not the steady state.
  await talk.inLoops(8, WARM_SECONDS);
  return {
    talk,
    close: () => {
      for (const { sockets } of connected) for (const socket of sockets) socket.close();
    },
  };
};

const describe = ({ lost, twice, errors }: LoadResult): string =>
  `${lost} deliveries lost, ${twice} twice, ${errors.length} errors${errors[0] === undefined ? '' : `: ${errors[0]}`}`;

const loads = [
  { members: 2, groups: 10, rate: 50 },
  { members: 10, groups: 10, rate: 50 },
  { members: 100, groups: 1, rate: 10 },
];

/**
 * Latencies as a user sees them: from sending to the acknowledgement and to the delivery, at rates that one machine can
 * handle.
 */
export const delivery: Section = async ({ cloud: start, floor: measureFloor, seconds, log }) => {
  const cloud = await start();
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const { members, groups, rate } of loads) {
    log(`delivery: ${groups} groups of ${members}, ${rate} messages a second for ${seconds} s`);
    const { talk, close } = await talkingGroups(cloud, groups, members);
    const floor = await measureFloor(rate);
    const before = await cloud.usage();
    const result = await talk.atRate(rate, seconds);
    const after = await cloud.usage();
    close();
    const name = `groups of ${members}, ${rate}/s`;
    const ack = spread(result.ackMs);
    const arrival = spread(result.deliveryMs);
    figures.push(
      { name: `delivery: ${name}: send → ack`, unit: 'ms', ...ack, timesFloor: ack.value / floor.stores },
      {
        name: `delivery: ${name}: send → each`,
        unit: 'ms',
        ...arrival,
        timesFloor: arrival.value / (floor.stores + floor.dynamodb + floor.socket),
        ...(members === 10 ? { target: { most: 10 } } : {}),
      },
      ...(members === 10
        ? [
            {
              name: `delivery: ${name}: send → ack, of the floor`,
              unit: '×' as const,
              value: ack.value / floor.stores,
              target: { most: 4 },
            },
            {
              name: `delivery: ${name}: send → each, p99`,
              unit: 'ms' as const,
              value: arrival.p99,
              target: { most: 50 },
            },
          ]
        : []),
      {
        name: `delivery: ${name}: CPU a message`,
        unit: 'ms',
        value: (after.process - before.process + after.mysql - before.mysql) / result.sent,
      },
      {
        name: `delivery: ${name}: lost or twice`,
        unit: 'count',
        value: result.lost + result.twice,
        target: { most: 0 },
      },
    );
    notes.push(`${name}: ${result.sent} sent, ${result.deliveryMs.length} delivered, ${describe(result)}`);
  }
  log('delivery: counting the requests of a broadcast to 100');
  const [counted] = await withCountedCloud(
    () => undefined,
    {},
    (counted) => countSends(counted, [100]),
  );
  if (counted === undefined) throw new Error('Nothing was counted');
  const requests = Object.values(counted.dynamodb).reduce((sum, count) => sum + count, 0);
  figures.push({
    name: 'delivery: a broadcast to 100: DynamoDB requests',
    unit: 'count',
    value: requests,
    target: { most: 1 },
  });
  return { figures, notes };
};

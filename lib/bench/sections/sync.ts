import type { SyncAnswer, SyncBody } from '../../../functions/sync/contract.ts';
import { startCountedCloud } from '../counted-cloud.ts';
import { newPeople } from '../crowd.ts';
import { spread, type Figure } from '../figures.ts';
import { newGroup, send, requestOrThrow, type Person } from '../population.ts';
import { sequentialOf } from '../store-proxy.ts';
import type { Section } from './section.ts';

const SIZES = [10, 100, 1000];
/** The number of chats that have changed since the client was connected. */
const CHANGED = 10;
const ROUNDS = 20;
const SEEN_APART_MS = 8;
const SEQUENTIAL_MAX = 3;
const CONCURRENT_SYNCS = 8;

const inLanes = async (count: number, work: () => Promise<void>): Promise<void> => {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_SYNCS }, lane));
};

/** The costs of reconnecting for a user with few chats and with many, ten of which have changed. */
export const sync: Section = async ({ log }) => {
  const counted = await startCountedCloud(log);
  const { cloud, traffic } = counted;
  try {
    const people = await newPeople(`${cloud.httpUrl}/api/v1`, SIZES.length + 1);
    const [grace, ...readers] = people as [Person, ...Person[]];
    const figures: Figure[] = [];
    for (const [index, size] of SIZES.entries()) {
      const reader = readers[index] as Person;
      log(`sync: making ${size} chats`);
      const chatIds: number[] = [];
      await inLanes(size, async () => void chatIds.push(await newGroup(grace, [reader])));
      const ask = (chats: SyncBody['chats']): Promise<SyncAnswer> =>
        requestOrThrow<SyncAnswer>(reader.api, 'POST', '/sync', { chats });

      const changed = chatIds.filter((_, position) => position % (size / CHANGED) === 0);
      for (const chatId of changed) await send(grace, chatId, 'Shall we meet at nine?');
      // The client knows all chats as of their creation.
      const chats = chatIds.map((chatId) => ({ chat_id: chatId, rev: 0, last_read_seq: 0 }));
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const startedAt = performance.now();
        const answer = await ask(chats);
        times.push(performance.now() - startedAt);
        if (answer.chats.length !== CHANGED) throw new Error(`${answer.chats.length} chats were answered`);
      }
      traffic.delayMs = SEEN_APART_MS;
      traffic.roundTrips.length = 0;
      const answer = await ask(chats);
      const trips = [...traffic.roundTrips];
      traffic.delayMs = 0;

      const name = `sync: ${size} chats, ${CHANGED} changed`;
      const kilobytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) / 1024;
      figures.push(
        { name, unit: 'ms', ...spread(times) },
        {
          name: `${name}: in a row`,
          unit: 'trips',
          value: sequentialOf(trips),
          target: { most: SEQUENTIAL_MAX },
        },
        { name: `${name}: in all`, unit: 'trips', value: trips.length },
        { name: `${name}: question`, unit: 'KB', value: kilobytes({ chats }) },
        { name: `${name}: answer`, unit: 'KB', value: kilobytes(answer) },
      );
    }
    return { figures };
  } finally {
    await counted.stop();
  }
};

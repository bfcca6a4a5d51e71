import { MongoClient } from 'mongodb';
import { createHttpClient } from '../plain-http-client.ts';
import { connectToMysql } from '../../local/stores/mysql-connection.ts';
import type { CloudUnderTest } from '../cloud-under-test.ts';
import { spread, type Figure } from '../figures.ts';
import { newGroup, newPerson, requestOrThrow } from '../population.ts';
import type { Section } from './section.ts';

const LIMIT = 50;
const REQUESTS = 60;
const WARM_REQUESTS = 10;
const ROWS_AT_ONCE = 50_000;
const DOCUMENTS_AT_ONCE = 5000;

/** Writes messages directly into the stores, as if they had been sent. */
const fillChat = async (
  cloud: CloudUnderTest,
  chatId: number,
  senderId: number,
  messages: number,
): Promise<void> => {
  const mysql = await connectToMysql(cloud.mysql);
  const mongo = new MongoClient(cloud.mongodbUrl);
  try {
    const digits =
      '(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
    const start = new Date('2026-01-01T00:00:00Z');
    for (let from = 1; from <= messages; from += ROWS_AT_ONCE) {
      await mysql.query(
        `INSERT INTO message_metadata (chat_id, sender_id, message_id, seq, rev, timestamp)
         SELECT ?, ?, CONCAT('00000000-0000-7000-8000-', LPAD(HEX(seq), 12, '0')), seq, seq,
                TIMESTAMPADD(SECOND, seq, ?)
         FROM (SELECT ? + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS seq
               FROM ${digits} AS a, ${digits} AS b, ${digits} AS c, ${digits} AS d, ${digits} AS e) AS numbers
         WHERE seq < ? AND seq <= ? ORDER BY seq`,
        [chatId, senderId, start, from, from + ROWS_AT_ONCE, messages],
      );
    }
    await mysql.query('UPDATE chats SET last_seq = ?, rev = ? WHERE id = ?', [messages, messages, chatId]);
    const documents = mongo.db(cloud.mongodbDatabase).collection('messages');
    for (let from = 1; from <= messages; from += DOCUMENTS_AT_ONCE) {
      const count = Math.min(DOCUMENTS_AT_ONCE, messages + 1 - from);
      await documents.insertMany(
        Array.from({ length: count }, (_, index) => {
          const seq = from + index;
          return {
            message_id: `00000000-0000-7000-8000-${seq.toString(16).toUpperCase().padStart(12, '0')}`,
            chat_id: chatId,
            sender_id: senderId,
            content: `Message ${seq}`,
            timestamp: new Date(start.getTime() + seq * 1000),
            edited_at: null,
          };
        }),
        { writeConcern: { w: 1, j: false } },
      );
    }
  } finally {
    await Promise.all([mysql.end(), mongo.close()]);
  }
};

const REACTIONS_EACH = 20;
const REPLIES = 10;

/**
 * Adds reactions to all messages of a page, by each of these users with one of two emoji, and turns some of the
 * messages into replies.
 */
const addReactionsAndReplies = async (
  cloud: CloudUnderTest,
  chatId: number,
  userIds: readonly number[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> => {
  const mysql = await connectToMysql(cloud.mysql);
  try {
    const page = 'chat_id = ? AND seq >= ? AND seq <= ?';
    for (const [index, userId] of userIds.entries()) {
      await mysql.query(
        `INSERT INTO message_reactions (message_row_id, emoji, user_id, chat_id, first_rev, rev, created_at)
         SELECT id, ?, ?, chat_id, ?, ?, UTC_TIMESTAMP(3) FROM message_metadata WHERE ${page}`,
        [index % 2 === 0 ? '👍' : '🎉', userId, index % 2, index, chatId, from, to],
      );
    }
    await mysql.query(`UPDATE message_metadata SET has_reactions = TRUE WHERE ${page}`, [chatId, from, to]);
    await mysql.query(
      `UPDATE message_metadata AS reply
       JOIN message_metadata AS target ON target.chat_id = reply.chat_id AND target.seq = reply.seq - ?
       SET reply.reply_to_id = target.id WHERE reply.${page.replaceAll('seq', 'reply.seq')}`,
      [from, chatId, from + 1, from + REPLIES],
    );
  } finally {
    await mysql.end();
  }
};

/** Whether a page of history costs the same at every position, and how much reactions and replies add. */
export const history: Section = async ({ cloud: start, floor: measureFloor, messages, log }) => {
  const cloud = await start();
  const service = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const ada = await newPerson(service);
  const chatId = await newGroup(ada, [await newPerson(service)]);
  log(`history: filling a chat with ${messages} messages`);
  const startedAt = performance.now();
  await fillChat(cloud, chatId, ada.id, messages);
  const seconds = (performance.now() - startedAt) / 1000;

  const reacting = await Promise.all(Array.from({ length: REACTIONS_EACH }, () => newPerson(service)));
  // By cursor: the page that ends in the middle is plain, the one before it has reactions and replies.
  const middle = Math.ceil(messages / 2);
  await addReactionsAndReplies(
    cloud,
    chatId,
    reacting.map(({ id }) => id),
    { from: middle - 2 * LIMIT, to: middle - LIMIT - 1 },
  );

  const floor = await measureFloor();
  const path = `/messages/chat/${chatId}?limit=${LIMIT}`;
  const deepest = Math.ceil(messages / LIMIT);
  const ways = [
    ['first page', `${path}&page=1`],
    ['page 100', `${path}&page=${Math.min(100, deepest)}`],
    ['deepest page', `${path}&page=${deepest}`],
    ['newest by cursor', `${path}&before_seq=${messages + 1}`],
    ['middle by cursor', `${path}&before_seq=${middle}`],
    ['dressed by cursor', `${path}&before_seq=${middle - LIMIT}`],
    ['oldest by cursor', `${path}&before_seq=${LIMIT + 1}`],
  ] as const;
  // Interleaved, so that a temporarily slow machine affects all of them alike.
  const times = new Map<string, number[]>(ways.map(([name]) => [name, []]));
  for (let round = -WARM_REQUESTS; round < REQUESTS; round += 1) {
    for (const [name, way] of ways) {
      const askedAt = performance.now();
      const { items } = await requestOrThrow<{ items: unknown[] }>(ada.api, 'GET', way);
      if (round >= 0) times.get(name)?.push(performance.now() - askedAt);
      if (items.length !== Math.min(LIMIT, messages)) throw new Error(`${name} has ${items.length} messages`);
    }
  }
  const medians = new Map([...times].map(([name, all]) => [name, spread(all)]));
  const median = (name: string): number => medians.get(name)?.value ?? Number.NaN;
  const figures: Figure[] = [...medians].map(([name, all]) => ({
    name: `history: ${name}`,
    unit: 'ms',
    ...all,
    timesFloor: all.value / floor.stores,
    ...((name.endsWith('cursor') && !name.startsWith('dressed')) || name === 'first page'
      ? { target: { most: 6 } }
      : {}),
  }));
  figures.push({
    name: 'history: oldest by cursor, of the newest',
    unit: '×',
    value: median('oldest by cursor') / median('newest by cursor'),
    target: { most: 1.3 },
  });
  figures.push({
    name: `history: with ${REACTIONS_EACH} reactions each and ${REPLIES} replies, of a plain page`,
    unit: '×',
    value: median('dressed by cursor') / median('middle by cursor'),
    target: { most: 1.3 },
  });
  return { figures, notes: [`${messages} messages were put into the stores in ${seconds.toFixed(0)} s`] };
};

import { unblocked } from '../support/fake-connections.ts';
import { metadataOf } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import type { ContentVersion } from '../../functions/messages/stores/contents.ts';
import type { AppendResult } from '../../functions/messages/stores/messages.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';
import { sendMessage, type SendEffects } from '../../functions/messages/send-message.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';

const actor = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
const now = new Date('2026-01-31T09:26:53.589Z');

const found = (messageId: string, fields: Partial<MessageMetadata> = {}): MessageMetadata =>
  metadataOf({
    id: 10,
    message_id: messageId,
    chat_id: 7,
    seq: 3,
    rev: 5,
    sender_id: 1,
    sender_username: 'ada',
    timestamp: now,
    ...fields,
  });

/** Stores that record all calls in order. */
const stores = (options: {
  append?: (messageId: string) => AppendResult | Error;
  /** The message that was sent before. */
  first?: MessageMetadata;
  /** What is replied to. */
  target?: ContentVersion | Error;
  insert?: Error;
  remove?: Error;
  maySend?: Error;
  usedUp?: Error;
}) => {
  const asked: string[] = [];
  const held = new Map<string, string>([['first', 'the first one']]);
  const effects: SendEffects = {
    clock: () => now,
    assertMaySend: async () => {
      if (options.maySend !== undefined) throw options.maySend;
    },
    refuseUsedUp: () => {
      if (options.usedUp !== undefined) throw options.usedUp;
    },
    reactions: { findMany: async () => new Map() },
    files: { findMany: async () => new Map(), findOwn: async () => [] },
    ...unblocked(),
    contents: {
      insert: async ({ message_id: id, content }) => {
        asked.push('insert');
        if (options.insert !== undefined) throw options.insert;
        held.set(id, content);
      },
      findMany: async (keys) => {
        asked.push('find');
        return new Map(
          keys.map((key) => [key.message_id, { content: held.get(key.message_id) ?? '', rev: null }]),
        );
      },
      remove: async ({ message_id: id }) => {
        asked.push('remove');
        if (options.remove !== undefined) throw options.remove;
        held.delete(id);
      },
    },
    messages: {
      append: async ({ message_id: id }) => {
        asked.push('append');
        const result = options.append?.(id) ?? {
          outcome: 'appended',
          message: found(id),
          memberIds: [1, 2],
        };
        if (result instanceof Error) throw result;
        return result;
      },
      findVersion: async () => {
        asked.push('find version');
        if (options.target instanceof Error) throw options.target;
        return options.target;
      },
      find: async () => ({
        message: options.first ?? found('first'),
        deletedAt: null,
        isRemoved: false,
        isAdmin: false,
      }),
    },
  };
  return { asked, held, effects };
};

const input = { chat_id: 7, content: '  two spaces stay  ' };

test('content is stored before metadata, and returned verbatim', async () => {
  const { asked, held, effects } = stores({});
  const { result: sent, events } = await sendMessage(actor, input, effects);
  assert.deepEqual(asked, ['insert', 'append']);
  assert.equal(sent.message.content, input.content);
  assert.equal(held.get(sent.message.message_id), input.content);
  assert.deepEqual(
    events.map(({ to }) => to),
    [[1, 2]],
  );
  assert.equal(sent.message.timestamp, '2026-01-31T09:26:53.589Z');
});

test('who is not in the chat leaves nothing behind', async () => {
  const { held, effects } = stores({ append: () => ({ outcome: 'not_participant' }) });
  await assert.rejects(
    sendMessage(actor, input, effects),
    (error) => error instanceof ServiceError && error.code === 'chat_not_found',
  );
  assert.deepEqual([...held.keys()], ['first']);
});

test('a repeated send answers with the first message, and tells nobody', async () => {
  const { held, effects } = stores({
    append: () => ({ outcome: 'duplicate', id: 9 }),
  });
  const { result: sent, events } = await sendMessage(actor, input, effects);
  assert.equal(sent.duplicate, true);
  assert.equal(sent.message.content, 'the first one');
  assert.deepEqual(events, []);
  assert.deepEqual([...held.keys()], ['first']);
});

test('a repeated send of a message that was deleted since shows no content', async () => {
  const first = found('first', { is_deleted: true });
  const { effects } = stores({ first, append: () => ({ outcome: 'duplicate', id: 9 }) });
  assert.equal((await sendMessage(actor, input, effects)).result.message.content, null);
});

const target = { chat_id: 7, message_id: 'first', edit_id: null };
const replyTarget = {
  ...target,
  id: 9,
  seq: 2,
  rev: 2,
  is_deleted: false,
  sender_id: 2,
  sender_username: 'grace',
};

test('what a reply quotes is read beside the insert, ahead of the transaction', async () => {
  const { asked, effects } = stores({
    target,
    append: (id) => ({
      outcome: 'appended',
      message: found(id, { reply_target: replyTarget }),
      memberIds: [1, 2],
    }),
  });
  const { result } = await sendMessage(actor, { ...input, reply_to_id: 9 }, effects);
  assert.deepEqual(asked, ['insert', 'find version', 'find', 'append']);
  assert.deepEqual(result.message.reply_to, {
    id: 9,
    seq: 2,
    sender_id: 2,
    sender_username: 'grace',
    excerpt: 'the first one',
  });
});

test('a reply whose quote could not be read leaves nothing behind', async () => {
  const { asked, held, effects } = stores({ target: new StoreUnavailableError('mysql', new Error('away')) });
  await assert.rejects(sendMessage(actor, { ...input, reply_to_id: 9 }, effects), StoreUnavailableError);
  assert.ok(!asked.includes('append'));
  assert.deepEqual([...held.keys()], ['first']);
});

test('what the function knows to be too much costs the stores nothing', async () => {
  const { asked, effects } = stores({ usedUp: new ServiceError('rate_limited', { retryAfter: 1 }) });
  await assert.rejects(
    sendMessage(actor, input, effects),
    (error) => error instanceof ServiceError && error.code === 'rate_limited',
  );
  assert.deepEqual(asked, []);
});

test('a reply to what is not there leaves nothing behind', async () => {
  const { held, effects } = stores({ append: () => ({ outcome: 'reply_target_not_found' }) });
  await assert.rejects(
    sendMessage(actor, { ...input, reply_to_id: 9 }, effects),
    (error) => error instanceof ServiceError && error.code === 'reply_target_not_found',
  );
  assert.deepEqual([...held.keys()], ['first']);
});

test('metadata is not written when the content was not', async () => {
  const { asked, effects } = stores({ insert: new StoreUnavailableError('mongodb', new Error('away')) });
  await assert.rejects(sendMessage(actor, input, effects), StoreUnavailableError);
  assert.ok(!asked.includes('append'));
});

test('content stays when it is unknown whether the metadata was written', async () => {
  const { asked, held, effects } = stores({
    append: () => new StoreUnavailableError('mysql', new Error('connection lost')),
  });
  await assert.rejects(sendMessage(actor, input, effects), StoreUnavailableError);
  assert.ok(!asked.includes('remove'));
  assert.equal(held.size, 2);
});

test('content that cannot be taken back is the orphan job’s, not the sender’s', async () => {
  const { effects } = stores({
    append: () => ({ outcome: 'not_participant' }),
    remove: new StoreUnavailableError('mongodb', new Error('away')),
  });
  await assert.rejects(
    sendMessage(actor, input, effects),
    (error) => error instanceof ServiceError && error.code === 'chat_not_found',
  );
});

test('who is refused by the chat leaves nothing behind, and hears how long slow mode lasts', async () => {
  const refusals: [AppendResult, string, number | undefined][] = [
    [{ outcome: 'peer_unreachable' }, 'cannot_message_user', undefined],
    [{ outcome: 'posting_not_allowed' }, 'posting_not_allowed', undefined],
    [{ outcome: 'too_soon', waitSeconds: 42 }, 'slow_mode', 42],
  ];
  for (const [result, code, retryAfter] of refusals) {
    const { held, effects } = stores({ append: () => result });
    await assert.rejects(
      sendMessage(actor, input, effects),
      (error) => error instanceof ServiceError && error.code === code && error.retryAfter === retryAfter,
    );
    assert.deepEqual([...held.keys()], ['first']);
  }
});

test('who sends too much leaves nothing behind', async () => {
  const { asked, held, effects } = stores({ maySend: new ServiceError('rate_limited', { retryAfter: 1 }) });
  await assert.rejects(
    sendMessage(actor, input, effects),
    (error) => error instanceof ServiceError && error.code === 'rate_limited',
  );
  assert.ok(!asked.includes('append'));
  assert.deepEqual([...held.keys()], ['first']);
});

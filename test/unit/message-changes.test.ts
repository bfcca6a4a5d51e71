import { metadataOf } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ContentVersion } from '../../functions/messages/stores/contents.ts';
import type { ChangeResult, MessageAccess, MessageChange } from '../../functions/messages/stores/messages.ts';
import { logger } from '../../functions/platform/logger.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';
import { deleteMessage, type DeleteMessageEffects } from '../../functions/messages/delete-message.ts';
import { editMessage, type EditMessageEffects } from '../../functions/messages/edit-message.ts';
import { getMessage } from '../../functions/messages/get-message.ts';
import { restoreMessage, type RestoreMessageEffects } from '../../functions/messages/restore-message.ts';
import type { Publication } from '../../functions/events/publish.ts';

type ChangeEffects = DeleteMessageEffects & EditMessageEffects & RestoreMessageEffects;

const receivers = (events: readonly Publication[]) => events.map(({ to }) => to);

const actor = { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 };
const DAY_MS = 24 * 60 * 60 * 1000;
const deletedAt = new Date('2026-01-01T00:00:00Z');

const metadata = (fields: Partial<MessageMetadata> = {}): MessageMetadata =>
  metadataOf({
    id: 1,
    message_id: 'm',
    chat_id: 3,
    seq: 1,
    rev: 1,
    sender_id: actor.userId,
    sender_username: actor.username,
    timestamp: deletedAt,
    ...fields,
  });

/** Stores that hold one message and record its changes. */
const fakeStores = (given: {
  readonly access?: MessageAccess;
  /** What becomes of each change in turn. */
  readonly changes?: readonly ChangeResult[];
  /** The text that is in force, by the edit that brought it. */
  readonly texts?: Readonly<Record<string, string>>;
  /** An edit of somebody else's that is settled after the message's metadata was first read. */
  readonly overtaking?: { readonly message: MessageMetadata; readonly content: string };
  readonly settle?: () => Promise<void>;
  readonly now?: Date;
}) => {
  const done: string[] = [];
  const asked: MessageChange[] = [];
  const results = [...(given.changes ?? [])];
  let access = given.access ?? {
    message: metadata({ is_deleted: true }),
    deletedAt,
    isRemoved: false,
    isAdmin: false,
  };
  const effects: ChangeEffects = {
    messages: {
      find: async () => access,
      change: async (_id: number, _userId: number, change: MessageChange) => {
        done.push(change.kind);
        asked.push(change);
        const result = results.shift() ?? {
          outcome: 'changed',
          message: metadata({ rev: 2 }),
          memberIds: [7, 8],
        };
        if ('message' in result) access = { ...access, message: result.message };
        return result;
      },
    },
    contents: {
      findMany: async ([version]: readonly ContentVersion[]) => {
        if (given.overtaking !== undefined) {
          const { message, content } = given.overtaking;
          access = { ...access, message };
          return new Map([['m', { content, rev: message.rev }]]);
        }
        return new Map([['m', { content: given.texts?.[version?.edit_id ?? ''] ?? 'stored', rev: null }]]);
      },
      show: async () => void done.push('show'),
      hide: async () => void done.push('hide'),
      stageEdit: async () => void done.push('stage'),
      discardEdit: async (_key, _editId, inForce) =>
        void done.push(
          inForce === undefined ? 'discard' : `discard for ${inForce.content} of ${inForce.rev}`,
        ),
      settleEdit: async () => {
        await given.settle?.();
        done.push('settle');
      },
    },
    reactions: { findMany: async () => new Map() },
    files: { findMany: async () => new Map() },
    clock: () => given.now ?? deletedAt,
  };
  return { effects, done, asked };
};

suite('a deleted message', () => {
  test('can be restored for 30 days, to the millisecond', async () => {
    const now = new Date(deletedAt.getTime() + 30 * DAY_MS);
    const { effects, asked, done } = fakeStores({ now });
    assert.equal((await restoreMessage(actor, 1, effects)).result.content, 'stored');
    assert.deepEqual(asked, [{ kind: 'restore', deletedSince: deletedAt }]);
    assert.deepEqual(done, ['show', 'restore'], 'no visible message is without its words');
  });

  test('is refused by what the transaction found', async () => {
    const message = metadata({ is_deleted: true });
    for (const [change, error] of [
      [{ outcome: 'too_late', message }, 'restore_window_over'],
      [{ outcome: 'not_allowed' }, 'not_message_sender'],
      [{ outcome: 'not_participant' }, 'message_not_found'],
    ] as const) {
      const { effects } = fakeStores({ changes: [change] });
      await assert.rejects(restoreMessage(actor, 1, effects), { error });
    }
  });

  test('leaves the index to searches once it is deleted', async () => {
    const { effects, done } = fakeStores({});
    const { afterCommit } = await deleteMessage(actor, 1, effects);
    assert.deepEqual(done, ['delete']);
    await afterCommit?.();
    assert.deepEqual(done, ['delete', 'hide']);
  });

  test('that is deleted again is told to nobody', async () => {
    const changes: ChangeResult[] = [{ outcome: 'unchanged', message: metadata({ is_deleted: true }) }];
    assert.deepEqual((await deleteMessage(actor, 1, fakeStores({ changes }).effects)).events, []);
  });
});

suite('an edit', () => {
  const access = { message: metadata(), deletedAt: null, isRemoved: false, isAdmin: false };

  test('stands once the transaction has taken its rev; settling follows', async () => {
    const { effects, done, asked } = fakeStores({ access });
    const edited = await editMessage(actor, 1, { content: 'new' }, effects);
    assert.deepEqual([edited.result.content, edited.result.rev], ['new', 2]);
    assert.deepEqual(receivers(edited.events), [[7, 8]]);
    assert.deepEqual(done, ['stage', 'edit']);
    assert.ok(asked[0]?.kind === 'edit' && asked[0].replaces === null);
    await edited.afterCommit?.();
    assert.deepEqual(done, ['stage', 'edit', 'settle']);
  });

  test('that comes too late takes its text back', async () => {
    const changes: ChangeResult[] = [{ outcome: 'unchanged', message: metadata({ is_deleted: true }) }];
    const { effects, done } = fakeStores({ access, changes });
    await assert.rejects(editMessage(actor, 1, { content: 'new' }, effects), { error: 'message_deleted' });
    assert.deepEqual(done, ['stage', 'edit', 'discard']);
  });

  test('to what stands there changes nothing, and is told to nobody', async () => {
    const { effects, done } = fakeStores({ access });
    const edited = await editMessage(actor, 1, { content: 'stored' }, effects);
    assert.deepEqual([edited.result.is_edited, edited.result.rev, edited.events], [false, 1, []]);
    assert.deepEqual(done, ['stage', 'discard for stored of 1']);
  });

  test('is compared again with what another one has put in force', async () => {
    const theirs = metadata({ rev: 2, is_edited: true, edit_id: 'theirs' });
    const stale: ChangeResult = { outcome: 'stale', message: theirs };
    const same = fakeStores({ access, changes: [stale], texts: { theirs: 'new' } });
    const unchanged = await editMessage(actor, 1, { content: 'new' }, same.effects);
    assert.deepEqual([unchanged.result.rev, unchanged.events], [2, []]);
    assert.deepEqual(same.done, ['stage', 'edit', 'discard for new of 2']);

    const other = fakeStores({ access, changes: [stale], texts: { theirs: 'newer' } });
    assert.deepEqual(receivers((await editMessage(actor, 1, { content: 'new' }, other.effects)).events), [
      [7, 8],
    ]);
    assert.deepEqual(
      other.asked.map((change) => (change.kind === 'edit' ? change.replaces : '')),
      [null, 'theirs'],
    );
  });

  test('of a message that is deleted while it is compared again takes its text back', async () => {
    const deleted = metadata({ rev: 3, is_edited: true, edit_id: 'theirs', is_deleted: true });
    const changes: ChangeResult[] = [
      { outcome: 'stale', message: deleted },
      { outcome: 'unchanged', message: deleted },
    ];
    const { effects, done } = fakeStores({ access, changes });
    await assert.rejects(editMessage(actor, 1, { content: 'new' }, effects), { error: 'message_deleted' });
    assert.deepEqual(done, ['stage', 'edit', 'edit', 'discard']);
  });

  test('is compared with a text and its metadata of one moment', async () => {
    const message = metadata({ rev: 2, is_edited: true, edit_id: 'theirs' });
    const same = fakeStores({ access, overtaking: { message, content: 'new' } });
    const unchanged = await editMessage(actor, 1, { content: 'new' }, same.effects);
    assert.deepEqual([unchanged.result.rev, unchanged.result.is_edited], [2, true]);
    assert.deepEqual(same.done, ['stage', 'discard for new of 2']);

    const other = fakeStores({ access, overtaking: { message, content: 'newer' } });
    await editMessage(actor, 1, { content: 'new' }, other.effects);
    assert.deepEqual(
      other.asked.map((change) => (change.kind === 'edit' ? change.replaces : '')),
      ['theirs'],
    );
  });
});

test('a visible message without a content is logged by its ids, and a deleted one is not', async (t) => {
  const warnings = t.mock.method(logger, 'warn', () => undefined).mock;
  const missing = (fields: Partial<MessageMetadata>) => {
    const access = { message: metadata(fields), deletedAt: null, isRemoved: false, isAdmin: false };
    const { effects } = fakeStores({ access });
    return getMessage(actor, 1, { ...effects, contents: { findMany: async () => new Map() } });
  };
  assert.equal((await missing({})).content, null);
  await missing({ is_deleted: true });
  assert.deepEqual(
    warnings.calls.map(({ arguments: [, ids] }) => ids),
    [{ chat_ids: [3], message_ids: ['m'] }],
  );
});

test('a message says what it said at its rev', async () => {
  const access = { message: metadata(), deletedAt: null, isRemoved: false, isAdmin: false };
  const message = metadata({ rev: 2, is_edited: true, edit_id: 'theirs' });
  const { effects } = fakeStores({ access, overtaking: { message, content: 'new' } });
  const { rev, content } = await getMessage(actor, 1, effects);
  assert.deepEqual([rev, content], [2, 'new']);
});

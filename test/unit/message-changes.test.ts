import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ContentRepository } from '../../functions/repositories/mongodb/contents.ts';
import type {
  ChangeResult,
  MessageAccess,
  MessageChange,
  MessageMetadata,
  MessageRepository,
} from '../../functions/repositories/mysql/messages.ts';
import { editMessage, restoreMessage, type ChangeEffects } from '../../functions/services/message-changes.ts';

const actor = { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 };
const DAY_MS = 24 * 60 * 60 * 1000;
const deletedAt = new Date('2026-01-01T00:00:00Z');

const metadata = (fields: Partial<MessageMetadata> = {}): MessageMetadata => ({
  id: 1,
  message_id: 'm',
  chat_id: 3,
  seq: 1,
  rev: 1,
  sender_id: actor.userId,
  sender_username: actor.username,
  message_type: 'text',
  timestamp: deletedAt,
  edited_at: null,
  is_edited: false,
  is_deleted: false,
  client_message_id: null,
  edit_id: null,
  ...fields,
});

/** Stores that hold one message and note what is done to it. */
const fakeStores = (given: {
  readonly access: MessageAccess;
  readonly change?: ChangeResult;
  readonly settle?: () => Promise<void>;
  readonly now?: Date;
}) => {
  const done: string[] = [];
  const effects: ChangeEffects = {
    messages: {
      find: async () => given.access,
      change: async (_id: number, _userId: number, { kind }: MessageChange) => {
        done.push(kind);
        return given.change ?? { outcome: 'changed', message: metadata({ rev: 2 }), memberIds: [7, 8] };
      },
    } as unknown as MessageRepository,
    contents: {
      findMany: async () => new Map([['m', 'stored']]),
      stageEdit: async () => void done.push('stage'),
      discardEdit: async () => void done.push('discard'),
      settleEdit: async () => {
        await given.settle?.();
        done.push('settle');
      },
    } as unknown as ContentRepository,
    clock: () => given.now ?? deletedAt,
  };
  return { effects, done };
};

suite('a deleted message', () => {
  const access = { message: metadata({ is_deleted: true }), deletedAt, isAdmin: false };
  const after = (days: number, ms: number): Date => new Date(deletedAt.getTime() + days * DAY_MS + ms);

  test('can be restored for 30 days, to the millisecond', async () => {
    const { effects, done } = fakeStores({ access, now: after(30, 0) });
    assert.equal((await restoreMessage(actor, 1, effects)).result.content, 'stored');
    assert.deepEqual(done, ['restore']);
    const late = fakeStores({ access, now: after(30, 1) });
    await assert.rejects(restoreMessage(actor, 1, late.effects), { error: 'restore_window_over' });
    assert.deepEqual(late.done, []);
  });

  test('can be restored for as long by an admin, and never by others', async () => {
    const others = { ...access, message: metadata({ is_deleted: true, sender_id: 8 }) };
    const asAdmin = fakeStores({ access: { ...others, isAdmin: true }, now: after(30, 1) });
    await assert.rejects(restoreMessage(actor, 1, asAdmin.effects), { error: 'restore_window_over' });
    const { effects } = fakeStores({ access: others });
    await assert.rejects(restoreMessage(actor, 1, effects), { error: 'not_message_sender' });
  });
});

suite('an edit', () => {
  const access = { message: metadata(), deletedAt: null, isAdmin: false };

  test('stands once the transaction has taken its rev; settling follows and cannot undo it', async () => {
    const settle = () => Promise.reject(new Error('MongoDB is away'));
    const { effects, done } = fakeStores({ access, settle });
    const edited = await editMessage(actor, 1, 'new', effects);
    assert.deepEqual([edited.result.content, edited.result.rev], ['new', 2]);
    assert.deepEqual(
      edited.events.map(({ chatId, to }) => [chatId, to]),
      [[edited.result.chat_id, [7, 8]]],
    );
    assert.deepEqual(done, ['stage', 'edit']);
    await edited.settle?.();
  });

  test('that comes too late takes its text back', async () => {
    const change: ChangeResult = { outcome: 'unchanged', message: metadata({ is_deleted: true }) };
    const { effects, done } = fakeStores({ access, change });
    await assert.rejects(editMessage(actor, 1, 'new', effects), { error: 'message_deleted' });
    assert.deepEqual(done, ['stage', 'edit', 'discard']);
  });
});

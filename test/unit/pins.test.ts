import { metadataOf } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StoredContent } from '../../functions/messages/stores/contents.ts';
import type { ChangePinEffects } from '../../functions/pins/change-pin.ts';
import { pinMessage } from '../../functions/pins/pin-message.ts';
import type { PinChange, PinResult } from '../../functions/pins/stores/pins.ts';
import { unpinMessage } from '../../functions/pins/unpin-message.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';

const actor = { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
const at = new Date('2026-01-31T09:26:53.589Z');

const metadata = (fields: Partial<MessageMetadata> = {}): MessageMetadata =>
  metadataOf({
    id: 1,
    message_id: 'm',
    chat_id: 2,
    seq: 1,
    rev: 9,
    sender_id: 8,
    sender_username: 'grace',
    timestamp: at,
    pinned_at: at,
    pinned_by: actor.userId,
    ...fields,
  });

/** Stores of one message. @param given.later the state of the message when it is read again */
const storesThat = (given: {
  readonly result: PinResult;
  readonly text: StoredContent;
  readonly later?: MessageMetadata;
}) => {
  const asked: PinChange[] = [];
  const effects: ChangePinEffects = {
    pins: {
      change: async (_id, _userId, change) => {
        asked.push(change);
        return given.result;
      },
    },
    messages: {
      find: async () =>
        given.later && { message: given.later, deletedAt: null, isRemoved: false, isAdmin: true },
    },
    contents: { findMany: async () => new Map([['m', given.text]]) },
    reactions: { findMany: async () => new Map() },
    files: { findMany: async () => new Map() },
    clock: () => at,
  };
  return { asked, effects };
};

suite('a change of a pin', () => {
  const text = { content: 'At nine', rev: 4 };
  const changed = { outcome: 'changed', message: metadata(), memberIds: [7, 8] } satisfies PinResult;

  test('is told to the members, with the message as of its `rev`', async () => {
    for (const [change, type, kind] of [
      [pinMessage, 'message_pinned', 'pin'],
      [unpinMessage, 'message_unpinned', 'unpin'],
    ] as const) {
      const { asked, effects } = storesThat({ result: changed, text });
      const { result, events } = await change(actor, 1, effects);
      assert.deepEqual(asked, [{ kind, at }]);
      const [told] = events;
      assert.ok(told !== undefined && 'event' in told && told.event.type === type && events.length === 1);
      const { event, to, chatId } = told;
      assert.deepEqual([to, chatId, event.chat_id, event.rev], [[7, 8], 2, 2, 9]);
      assert.deepEqual(
        [event.message.content, event.message.pinned_at, event.message.pinned_by, event.message.truncated],
        ['At nine', at.toISOString(), 7, undefined],
      );
      assert.deepEqual(result, kind === 'pin' ? event.message : null);
    }
  });

  test('that changes nothing is told to nobody', async () => {
    const { effects } = storesThat({ result: { outcome: 'unchanged', message: metadata({ rev: 5 }) }, text });
    const { result, events } = await pinMessage(actor, 1, effects);
    assert.deepEqual([result.content, result.rev, events], ['At nine', 5, []]);
    assert.deepEqual((await unpinMessage(actor, 1, effects)).events, []);
  });

  test('that is refused says why', async () => {
    for (const [outcome, error] of [
      ['not_participant', 'message_not_found'],
      ['not_admin', 'not_group_admin'],
      ['deleted', 'message_deleted'],
      ['too_many', 'too_many_pins'],
    ] as const) {
      await assert.rejects(pinMessage(actor, 1, storesThat({ result: { outcome }, text }).effects), {
        error,
      });
    }
  });

  test('whose text an edit has replaced by then is told without a text, and answered with both of now', async () => {
    const later = metadata({ rev: 10, is_edited: true, edited_at: at, edit_id: 'e' });
    const { effects } = storesThat({ result: changed, text: { content: 'At ten', rev: 10 }, later });
    const { result, events } = await pinMessage(actor, 1, effects);
    assert.deepEqual([result.content, result.rev, result.is_edited], ['At ten', 10, true]);
    const [told] = events;
    assert.ok(told !== undefined && 'event' in told && told.event.type === 'message_pinned');
    const { message, rev } = told.event;
    assert.deepEqual(
      [rev, message.rev, message.content, message.truncated, message.is_edited, message.pinned_by],
      [9, 9, null, true, false, 7],
    );
  });

  test('is told though whoever made it has left by the time that the text is read', async () => {
    const { effects } = storesThat({ result: changed, text: { content: 'At ten', rev: 10 } });
    const { events } = await pinMessage(actor, 1, effects);
    assert.equal(events.length, 1);
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { addReaction } from '../../functions/reactions/add-reaction.ts';
import type { ChangeReactionEffects } from '../../functions/reactions/change-reaction.ts';
import { removeReaction } from '../../functions/reactions/remove-reaction.ts';
import type { ReactionChange, ReactionResult } from '../../functions/reactions/stores/reactions.ts';
import { isEmoji } from '../../functions/reactions/rules.ts';

const actor = { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
const at = new Date('2026-01-31T09:26:53.589Z');

const storeThat = (result: ReactionResult, assertMaySend = async () => undefined) => {
  const asked: ReactionChange[] = [];
  const effects: ChangeReactionEffects = {
    reactions: {
      react: async (_id, _userId, change) => {
        asked.push(change);
        return result;
      },
    },
    clock: () => at,
    assertMaySend,
  };
  return { asked, effects };
};

suite('a change of a reaction', () => {
  const reactions = [{ emoji: '👍', count: 3, me: true }];
  const changed = {
    outcome: 'changed' as const,
    rev: 9,
    chatId: 2,
    reactions,
    count: 3,
    memberIds: [7, 8],
  } satisfies ReactionResult;

  test('is told to the members, with the count that its transaction found', async () => {
    for (const [change, type, kind] of [
      [addReaction, 'reaction_added', 'add'],
      [removeReaction, 'reaction_removed', 'remove'],
    ] as const) {
      const { asked, effects } = storeThat(changed);
      const { result, events } = await change(actor, 1, '👍', effects);
      assert.deepEqual(result, kind === 'add' ? { reactions, rev: 9 } : null);
      assert.deepEqual(asked, [{ kind, emoji: '👍', at }]);
      const event = { type, chat_id: 2, rev: 9, id: 1, emoji: '👍', user_id: 7, count: 3 };
      assert.deepEqual(events, [{ chatId: 2, to: [7, 8], event }]);
    }
  });

  test('that changes nothing is told to nobody', async () => {
    const { effects } = storeThat({ outcome: 'unchanged', rev: 4, reactions });
    const { result, events } = await addReaction(actor, 1, '👍', effects);
    assert.deepEqual([result, events], [{ reactions, rev: 4 }, []]);
    assert.deepEqual((await removeReaction(actor, 1, '👍', effects)).events, []);
  });

  test('faster than messages may be sent does not reach the store', async () => {
    const { asked, effects } = storeThat(changed, async () => {
      throw new ServiceError('rate_limited');
    });
    await assert.rejects(addReaction(actor, 1, '👍', effects), { error: 'rate_limited' });
    await assert.rejects(removeReaction(actor, 1, '👍', effects), { error: 'rate_limited' });
    assert.deepEqual(asked, []);
  });
});

test('an emoji is one that keyboards write, of up to ten code points', () => {
  for (const text of ['😀', '❤️', '1️⃣', '🇩🇪', '👩‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩🏻‍❤️‍💋‍👨🏿']) assert.ok(isEmoji(text), text);
  for (const text of ['', '❤', '1', '#', '🇩', '🇩🇪🇩🇪', '😀😀', '😀 ', 'a', '👍🏽🏽', '\ufe0f']) {
    assert.ok(!isEmoji(text), JSON.stringify(text));
  }
});

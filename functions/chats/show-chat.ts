import type { RenderedEvent } from '../events/publish.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import { toEventMessage } from '../messages/to-message.ts';
import type { ChatStore } from './stores/chats.ts';
import { toChats, type ToChatsEffects } from './to-chat.ts';

export interface ShowChatEffects extends ToChatsEffects, ReadConsistentlyEffects {
  readonly chats: Pick<ChatStore, 'findForUsers'>;
}

/**
 * A viewer id that no user has. One query serves all receivers, so the result marks no reaction as a receiver's own.
 */
const NOBODY = 0;

/** The event of a new or changed chat, rendered for each receiver. MySQL is queried once for all receivers. */
export const showChat = (
  type: 'chat_created' | 'chat_updated',
  { chatId, rev }: { readonly chatId: number; readonly rev: number },
  effects: ShowChatEffects,
): RenderedEvent => ({
  type,
  render: (userIds) =>
    readConsistently(NOBODY, effects, async (readParts) => {
      const entries = [...(await effects.chats.findForUsers(chatId, userIds))];
      const chats = await toChats(
        entries.map(([, row]) => row),
        effects,
        readParts,
      );
      return new Map(
        entries.flatMap(([userId], index) => {
          const chat = chats[index];
          if (chat === undefined) return [];
          const last_message = chat.last_message && toEventMessage(chat.last_message);
          return [[userId, { type, chat_id: chatId, rev, chat: { ...chat, last_message } }]];
        }),
      );
    }),
});

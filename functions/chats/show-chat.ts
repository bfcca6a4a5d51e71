import type { RenderedEvent } from '../events/publish.ts';
import { readBoth } from '../messages/read-both.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import type { ChatStore } from './stores/chats.ts';
import { toChats, type ToChatsEffects } from './to-chat.ts';

export interface ShowChatEffects extends ToChatsEffects {
  readonly chats: Pick<ChatStore, 'findForUsers'>;
  readonly contents: Pick<ContentStore, 'findMany'>;
}

/**
 * The event of a chat that is new or has changed, for each receiver as they see the chat. MySQL is asked for all
 * receivers at once.
 */
export const showChat = (
  type: 'chat_created' | 'chat_updated',
  { chatId, rev }: { readonly chatId: number; readonly rev: number },
  effects: ShowChatEffects,
): RenderedEvent => ({
  type,
  render: (userIds) =>
    readBoth(effects.contents, async (readTexts) => {
      const entries = [...(await effects.chats.findForUsers(chatId, userIds))];
      const chats = await toChats(
        entries.map(([, row]) => row),
        effects,
        readTexts,
      );
      return new Map(
        entries.flatMap(([userId], index) => {
          const chat = chats[index];
          return chat === undefined ? [] : [[userId, { type, chat_id: chatId, rev, chat }]];
        }),
      );
    }),
});

import type { RenderedEvent } from '../events/publish.ts';
import { readBoth } from '../messages/messages.ts';
import { toChats, type ChatEffects } from './chats.ts';

/** A chat that is new or has changed, for each receiver as they see it. One request to MySQL tells how all of them see it. */
export const showChat = (
  type: 'chat_created' | 'chat_updated',
  { chatId, rev }: { readonly chatId: number; readonly rev: number },
  effects: ChatEffects,
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

import { partOf, toPage } from '../contract/pages.ts';
import type { Chat, Page, PageQuery } from '../contract/schemas.ts';
import { contentStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import { systemClock } from '../platform/clock.ts';
import { liveConnections } from '../presence/live.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatStore } from './live.ts';
import type { ChatStore } from './stores/chats.ts';
import { toChats, type ToChatsEffects } from './to-chat.ts';

export interface ListChatsEffects extends ToChatsEffects, ReadConsistentlyEffects {
  readonly chats: Pick<ChatStore, 'list'>;
}

const liveEffects: ListChatsEffects = {
  chats: chatStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

/** The caller's chats, latest activity first. Takes three round trips to the stores, however many chats there are. */
export const listChats = (
  actor: Actor,
  page: PageQuery,
  effects: ListChatsEffects = liveEffects,
): Promise<Page<Chat>> =>
  readConsistently(actor.userId, effects, async (readParts) => {
    const { rows, total } = await effects.chats.list(actor.userId, partOf(page));
    return toPage(await toChats(rows, effects, readParts), total, page);
  });

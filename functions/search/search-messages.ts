import { chatStore, participantStore } from '../chats/live.ts';
import type { ChatStore } from '../chats/stores/chats.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { SEARCH_MATCHES_MAX } from '../contract/limits.ts';
import { itemsOf, toPage } from '../contract/pages.ts';
import type { Message, Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { toMessages } from '../messages/to-message.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { queryWords, hasWords } from '../text/words.ts';
import type { SearchMessagesQuery } from './contract.ts';

export interface SearchEffects extends ReadConsistentlyEffects {
  readonly chats: Pick<ChatStore, 'listMemberships'>;
  readonly participants: Pick<ParticipantStore, 'isParticipant'>;
  readonly messages: Pick<MessageStore, 'listVisibleIds' | 'findVisible'>;
  readonly contents: Pick<ContentStore, 'search' | 'findMany'>;
}

const liveEffects: SearchEffects = {
  chats: chatStore,
  participants: participantStore,
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
};

/**
 * The chats to search: the one that the query names, or all of the caller's.
 *
 * @throws ServiceError `chat_not_found` for a chat that the caller is not in
 */
const searchedChats = async (
  { userId }: Actor,
  chatId: number | undefined,
  { chats, participants }: Pick<SearchEffects, 'chats' | 'participants'>,
): Promise<number[]> => {
  if (chatId === undefined)
    return (await chats.listMemberships(userId)).map((membership) => membership.chatId);
  if (!(await participants.isParticipant(chatId, userId))) throw new ServiceError('chat_not_found');
  return [chatId];
};

/**
 * The messages of the caller's chats that contain all the words, newest first. MongoDB's index finds the candidates.
 * MySQL, which knows the deleted messages and the edits in force, then selects the visible ones, so that `total` and
 * the pages count only these. A message whose current text lacks a word is on no page, but is counted. Takes five
 * round trips to the stores, however many messages match.
 *
 * @throws ServiceError `chat_not_found` for a chat that the caller is not in
 */
export const searchMessages = async (
  actor: Actor,
  query: SearchMessagesQuery,
  effects: SearchEffects = liveEffects,
): Promise<Page<Message>> => {
  const { messages, contents } = effects;
  const chatIds = await searchedChats(actor, query.chat_id, effects);
  const words = queryWords(query.q);
  const byBeginnings = query.match === 'prefix';
  const found = await contents.search({
    chatIds,
    words,
    byBeginnings,
    limit: SEARCH_MATCHES_MAX,
  });
  const visible = await messages.listVisibleIds(found.map(({ message_id: id }) => id));
  const page = itemsOf(visible, query);
  const items = await readConsistently(actor.userId, effects, async (readParts) =>
    toMessages(await messages.findVisible(page), readParts),
  );
  // The index contains the words of an edit as soon as it is staged, and those of the replaced text until the edit is
  // settled.
  const matching = items.filter(({ content }) => content !== null && hasWords(content, words, byBeginnings));
  return toPage(matching, visible.length, query);
};

import { toPage } from '../contract/pages.ts';
import type { Chat, ChatDetail, Page, PageQuery } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore } from '../messages/live.ts';
import { readBoth, toMessage, type ReadTexts } from '../messages/messages.ts';
import { type ContentStore } from '../messages/stores/contents.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences, findPresencesIfKnown, type Presences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatStore } from './live.ts';
import { toParticipant } from './participants.ts';
import { type ChatStore, type ChatRow } from './stores/chats.ts';

export interface ChatEffects {
  readonly chats: ChatStore;
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

/** The stores of this stage. */
export const liveChats: ChatEffects = {
  chats: chatStore,
  contents: contentStore,
  connections: liveConnections,
  clock: systemClock,
};

const toChat = (row: ChatRow, texts: ReadonlyMap<string, string>, presences: Presences): Chat => ({
  id: row.id,
  chat_type: row.chat_type,
  name: row.name,
  is_active: row.is_active,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  participant_count: row.participant_count,
  last_seq: row.last_seq,
  rev: row.rev,
  last_message: row.last_message && toMessage(row.last_message, texts),
  unread_count: row.unread_count,
  last_read_seq: row.last_read_seq,
  is_admin: row.is_admin,
  ...(row.peer === null
    ? {}
    : {
        peer: {
          id: row.peer.id,
          username: row.peer.username,
          full_name: row.peer.full_name,
          last_seen: presences.lastSeen(row.peer),
          online: presences.has(row.peer.id),
        },
      }),
});

const readLastTexts = (rows: readonly ChatRow[], readTexts: ReadTexts): ReturnType<ReadTexts> =>
  readTexts(rows.map((row) => row.last_message).filter((message) => message !== null));

/** Chats with what the other stores know of them: one trip, however many they are. */
export const toChats = async (
  rows: readonly ChatRow[],
  effects: Pick<ChatEffects, 'connections' | 'clock'>,
  readTexts: ReadTexts,
): Promise<Chat[]> => {
  const peerIds = rows.flatMap((row) => row.peer?.id ?? []);
  const [texts, presences] = await Promise.all([
    readLastTexts(rows, readTexts),
    findPresences(peerIds, effects),
  ]);
  return rows.map((row) => toChat(row, texts, presences));
};

/** The caller's chats, latest activity first; three trips to the stores, however many they are. */
export const listChats = (
  actor: Actor,
  page: PageQuery,
  effects: ChatEffects = liveChats,
): Promise<Page<Chat>> =>
  readBoth(effects.contents, async (readTexts) => {
    const { rows, total } = await effects.chats.list(actor.userId, {
      limit: page.limit,
      offset: (page.page - 1) * page.limit,
    });
    return toPage(await toChats(rows, effects, readTexts), total, page);
  });

/** A chat with its participants. @throws ServiceError `chat_not_found` */
export const getChat = (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: ChatEffects = liveChats,
  online: typeof findPresences = findPresences,
): Promise<ChatDetail> =>
  readBoth(effects.contents, async (readTexts) => {
    const [row, participants] = await Promise.all([
      effects.chats.find(chatId, actor.userId),
      effects.chats.listParticipants(chatId),
    ]);
    if (row === undefined) throw new ServiceError('chat_not_found');
    const [texts, presences] = await Promise.all([
      readLastTexts([row], readTexts),
      online(
        participants.map(({ id }) => id),
        effects,
      ),
    ]);
    return {
      ...toChat(row, texts, presences),
      participants: participants.map((participant) => toParticipant(participant, presences)),
    };
  });

/** A chat in the answer to a change of it that is stored. @throws ServiceError `chat_not_found` */
export const getChangedChat = (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: ChatEffects,
): Promise<ChatDetail> => getChat(actor, chatId, effects, findPresencesIfKnown);

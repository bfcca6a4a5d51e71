import { systemClock, type Clock } from '../platform/clock.ts';
import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { createContentRepository, type ContentRepository } from '../repositories/mongodb/contents.ts';
import { createChatRepository, type ChatRepository, type ChatRow } from '../repositories/mysql/chats.ts';
import { TooManyChatsError } from '../repositories/mysql/chats-per-user.ts';
import { createUserRepository, type UserRepository } from '../repositories/mysql/users.ts';
import type { CreateChatBody } from '../routes/chats.ts';
import { limits } from '../routes/limits.ts';
import type { Chat, ChatDetail, Page, PageQuery } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { liveConnections } from './live-connections.ts';
import { toMessage } from './messages.ts';
import { findPresences, type Presences } from './online.ts';
import { toPage } from './pages.ts';
import { toParticipant } from './participants.ts';
import { ServiceError } from './service-error.ts';

export interface ChatEffects {
  readonly chats: ChatRepository;
  readonly users: Pick<UserRepository, 'findActiveIds'>;
  readonly contents: Pick<ContentRepository, 'findMany'>;
  readonly connections: Pick<ConnectionRepository, 'findByUsers'>;
  readonly clock: Clock;
}

/** The stores of this stage. */
export const liveChats: ChatEffects = {
  chats: createChatRepository(mysql, limits.group_members, limits.chats_per_user),
  users: createUserRepository(mysql),
  contents: createContentRepository(mongodb),
  connections: liveConnections,
  clock: systemClock,
};

const toChat = (row: ChatRow, contents: ReadonlyMap<string, string>, presences: Presences): Chat => ({
  id: row.id,
  chat_type: row.chat_type,
  name: row.name,
  is_active: row.is_active,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  participant_count: row.participant_count,
  last_seq: row.last_seq,
  rev: row.rev,
  last_message: row.last_message && toMessage(row.last_message, contents),
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

const contentsOfLast = (rows: readonly ChatRow[], effects: ChatEffects): Promise<Map<string, string>> =>
  effects.contents.findMany(rows.map((row) => row.last_message).filter((message) => message !== null));

/** Chats with what the other stores know of them: one trip, however many they are. */
export const toChats = async (rows: readonly ChatRow[], effects: ChatEffects): Promise<Chat[]> => {
  const peerIds = rows.flatMap((row) => row.peer?.id ?? []);
  const [contents, presences] = await Promise.all([
    contentsOfLast(rows, effects),
    findPresences(peerIds, effects),
  ]);
  return rows.map((row) => toChat(row, contents, presences));
};

/** The caller's chats, latest activity first; three trips to the stores, however many they are. */
export const listChats = async (
  actor: Actor,
  page: PageQuery,
  effects: ChatEffects = liveChats,
): Promise<Page<Chat>> => {
  const { rows, total } = await effects.chats.list(actor.userId, {
    limit: page.limit,
    offset: (page.page - 1) * page.limit,
  });
  const peerIds = rows.flatMap((row) => row.peer?.id ?? []);
  const [contents, presences] = await Promise.all([
    contentsOfLast(rows, effects),
    findPresences(peerIds, effects),
  ]);
  return toPage(
    rows.map((row) => toChat(row, contents, presences)),
    total,
    page,
  );
};

/** A chat with its participants. @throws ServiceError `chat_not_found` */
export const getChat = async (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: ChatEffects = liveChats,
): Promise<ChatDetail> => {
  const [row, participants] = await Promise.all([
    effects.chats.find(chatId, actor.userId),
    effects.chats.listParticipants(chatId),
  ]);
  if (row === undefined) throw new ServiceError('chat_not_found');
  const [contents, presences] = await Promise.all([
    contentsOfLast([row], effects),
    findPresences(
      participants.map(({ id }) => id),
      effects,
    ),
  ]);
  return {
    ...toChat(row, contents, presences),
    participants: participants.map((participant) => toParticipant(participant, presences)),
  };
};

const issueAt = (path: string, message: string) => ({ issues: [{ path, message }], detail: message });

/**
 * An access token may be good for a minute after its account has gone: who is no active user must not make a group that
 * nobody could ever manage.
 *
 * @throws ServiceError `user_not_found`, naming those of the ids that are no active users; `session_revoked` when the
 * actor is none
 */
export const assertUsersExist = async (
  ids: readonly number[],
  path: string,
  actor: Pick<Actor, 'userId'>,
  { users }: Pick<ChatEffects, 'users'>,
): Promise<void> => {
  const active = new Set(await users.findActiveIds([...ids, actor.userId]));
  if (!active.has(actor.userId)) throw new ServiceError('session_revoked');
  const missing = ids.filter((id) => !active.has(id));
  if (missing.length === 0) return;
  throw new ServiceError(
    'user_not_found',
    issueAt(path, `There is no active user with the id ${missing.join(', ')}`),
  );
};

/**
 * Runs what puts users into a chat.
 *
 * @param path where the input names them
 * @throws ServiceError `too_many_chats`, naming those who are in as many as a user may be in
 */
export const withRoomForChats = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TooManyChatsError)) throw error;
    const { userIds, chatsMax } = error;
    throw new ServiceError(
      'too_many_chats',
      issueAt(
        path,
        `A user is in at most ${chatsMax} chats, as is already the one with the id ${userIds.join(', ')}`,
      ),
    );
  }
};

/** Makes a group, or opens the direct chat with someone, which exists at most once a pair. */
export const createChat = async (
  actor: Actor,
  input: CreateChatBody,
  effects: ChatEffects = liveChats,
): Promise<{ readonly chat: ChatDetail; readonly created: boolean }> => {
  const otherIds = [...new Set(input.participant_ids)].filter((id) => id !== actor.userId);
  const at = effects.clock();
  const assertAllExist = async (): Promise<void> => {
    await assertUsersExist(otherIds, 'participant_ids', actor, effects);
  };

  if (input.chat_type === 'direct') {
    const [peerId] = otherIds;
    if (peerId === undefined || otherIds.length > 1) {
      throw new ServiceError(
        'validation_failed',
        issueAt('participant_ids', 'A direct chat has exactly one other participant'),
      );
    }
    await assertAllExist();
    const { id, created } = await withRoomForChats('participant_ids', () =>
      effects.chats.openDirect({ userId: actor.userId, peerId, at }),
    );
    return { chat: await getChat(actor, id, effects), created };
  }

  if (otherIds.length + 1 > limits.group_members) {
    throw new ServiceError(
      'group_full',
      issueAt('participant_ids', `A group has at most ${limits.group_members} members in all`),
    );
  }
  await assertAllExist();
  const id = await withRoomForChats('participant_ids', () =>
    effects.chats.insertGroup({ name: input.name, creatorId: actor.userId, memberIds: otherIds, at }),
  );
  return { chat: await getChat(actor, id, effects), created: true };
};

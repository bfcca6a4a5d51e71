import type { Chat } from '../contract/schemas.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import type { MessageParts, ReadParts } from '../messages/read-consistently.ts';
import { toMessage } from '../messages/to-message.ts';
import type { Clock } from '../platform/clock.ts';
import { findPresences, type Presences } from '../presence/find-presences.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { toPublicProfile } from '../users/to-public-profile.ts';
import type { ChatRow } from './stores/chats.ts';

/**
 * Renders a chat for its viewer.
 *
 * @param parts the contents, reactions and files of the latest message
 * @param presences the presence of a direct chat's peer
 */
export const toChat = (
  row: ChatRow,
  parts: MessageParts,
  presences: Pick<Presences, 'has' | 'lastSeen'>,
): Chat => ({
  id: row.id,
  chat_type: row.chat_type,
  name: row.name,
  avatar_url: avatarUrl(row.avatar_id),
  description: row.description,
  posting: row.posting,
  slow_seconds: row.slow_seconds,
  is_active: row.is_active,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  participant_count: row.participant_count,
  last_seq: row.last_seq,
  rev: row.rev,
  last_message: row.last_message && toMessage(row.last_message, parts),
  unread_count: row.unread_count,
  mention_count: row.mention_count,
  last_read_seq: row.last_read_seq,
  is_admin: row.is_admin,
  notifications: { level: row.notify_level, muted_until: row.muted_until?.toISOString() ?? null },
  ...(row.peer === null ? {} : { peer: toPublicProfile(row.peer, presences) }),
});

/** Reads the contents, reactions and files of the chats' latest messages, in one round trip. */
export const readLastParts = (
  rows: readonly Pick<ChatRow, 'last_message'>[],
  readParts: ReadParts,
): ReturnType<ReadParts> =>
  readParts(rows.map((row) => row.last_message).filter((message) => message !== null));

/** Dependencies of `toChats`, including the presence of peers. */
export interface ToChatsEffects {
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

/** Renders chats with their data from MongoDB and DynamoDB: one round trip, however many chats there are. */
export const toChats = async (
  rows: readonly ChatRow[],
  effects: ToChatsEffects,
  readParts: ReadParts,
): Promise<Chat[]> => {
  const peerIds = rows.flatMap((row) => row.peer?.id ?? []);
  const [parts, presences] = await Promise.all([
    readLastParts(rows, readParts),
    findPresences(peerIds, effects),
  ]);
  return rows.map((row) => toChat(row, parts, presences));
};

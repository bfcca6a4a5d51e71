import { sql, type Kysely } from 'kysely';
import { callRoutine } from '../../platform/mysql/call-routine.ts';
import {
  joinTarget,
  metadataColumns,
  toMetadata,
  toMetadataList,
  type MessageMetadata,
} from '../../platform/mysql/message-rows.ts';
import type { Database } from '../../platform/mysql/schema.ts';

/** A request to pin or unpin a message. */
export interface PinChange {
  readonly kind: 'pin' | 'unpin';
  readonly at: Date;
}

/** The outcome of a change. Only `changed` took a `rev`. */
export type PinResult =
  | { readonly outcome: 'changed'; readonly message: MessageMetadata; readonly memberIds: number[] }
  | { readonly outcome: 'unchanged'; readonly message: MessageMetadata }
  | { readonly outcome: 'deleted' | 'too_many' | 'not_admin' | 'not_participant' };

export interface PinStore {
  /** Pins or unpins a message of a chat that the user is in, in one transaction and one round trip. */
  change(id: number, userId: number, change: PinChange): Promise<PinResult>;
  /** How many pinned messages a chat has; undefined when the user is not in it. */
  count(chatId: number, userId: number): Promise<number | undefined>;
  /** Pinned messages, latest pin first. */
  listPage(
    chatId: number,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<MessageMetadata[]>;
}

/** The result sets of `pin_message_v1`. */
type PinRows = [[{ outcome: PinResult['outcome'] }], { user_id: number }[]];

/** @param most how many pinned messages a chat may have */
export const createPinStore = (db: () => Kysely<Database>, most: number): PinStore => ({
  change: async (id, userId, { kind, at }) => {
    const [[first], members] = await callRoutine<PinRows>(
      db(),
      sql`CALL pin_message_v1(${id}, ${userId}, ${kind === 'pin'}, ${most}, ${at})`,
    );
    const { outcome } = first;
    if (outcome !== 'changed' && outcome !== 'unchanged') return { outcome };
    const message = toMetadata(first, '');
    if (message === null) return { outcome: 'not_participant' };
    return outcome === 'changed'
      ? { outcome, message, memberIds: members.map(({ user_id }) => user_id) }
      : { outcome, message };
  },

  count: async (chatId, userId) => {
    const { rows } = await sql<{ total: number }>`
      SELECT (
        SELECT COUNT(*) FROM message_metadata AS m FORCE INDEX (ix_message_metadata_pinned)
        WHERE m.chat_id = ${chatId} AND m.pinned_at IS NOT NULL AND m.is_deleted = 0
      ) AS total
      FROM chat_participants AS mine
      JOIN chats ON chats.id = mine.chat_id
      WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId} AND chats.is_active = 1`.execute(db());
    return rows[0]?.total;
  },

  listPage: async (chatId, { limit, offset }) => {
    const { rows } = await sql<object>`
      SELECT ${metadataColumns('m', 'sender', '')}
      FROM message_metadata AS m FORCE INDEX (ix_message_metadata_pinned)
      STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
      ${joinTarget('m')}
      WHERE m.chat_id = ${chatId} AND m.pinned_at IS NOT NULL AND m.is_deleted = 0
      ORDER BY m.chat_id DESC, m.pinned_at DESC LIMIT ${limit} OFFSET ${offset}`.execute(db());
    return toMetadataList(rows);
  },
});

import { sql, type Kysely } from 'kysely';
import type { Reaction } from '../../contract/schemas.ts';
import { callRoutine } from '../../platform/mysql/call-routine.ts';
import {
  personColumns,
  toPerson,
  type PersonRow,
  type PersonSelection,
} from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';

/** A request to add or remove a reaction. */
export interface ReactionChange {
  readonly kind: 'add' | 'remove';
  readonly emoji: string;
  readonly at: Date;
}

/** The outcome of a change. Only `changed` took a `rev`. */
export type ReactionResult =
  | {
      readonly outcome: 'changed';
      /** The `rev` that the change took; it is now the message's. */
      readonly rev: number;
      readonly chatId: number;
      readonly reactions: Reaction[];
      /** How many reactions with this emoji there are now. */
      readonly count: number;
      readonly memberIds: number[];
    }
  | { readonly outcome: 'unchanged'; readonly rev: number; readonly reactions: Reaction[] }
  | { readonly outcome: 'deleted' | 'too_many' | 'not_participant' };

/** One user's reaction. A deactivated account is shown as `deleted user`. */
export interface UserReactionRow {
  readonly emoji: string;
  readonly created_at: Date;
  readonly user: PersonRow;
}

export interface ReactionStore {
  /** Adds or removes a reaction to a message of a chat that the user is in, in one transaction and one round trip. */
  react(messageId: number, userId: number, change: ReactionChange): Promise<ReactionResult>;
  /**
   * The reactions to messages by the messages' row ids, in one request; messages without reactions are absent.
   *
   * @param viewerId the user whose own reactions have `me`
   */
  findMany(messageIds: readonly number[], viewerId: number): Promise<Map<number, Reaction[]>>;
  /** How many reactions a visible message has, 0 when it is deleted; undefined when the user is not in its chat. */
  count(messageId: number, userId: number, emoji?: string): Promise<number | undefined>;
  /** Reactions to a message, deleted or not, oldest first. */
  listPage(
    messageId: number,
    viewerId: number,
    page: { readonly limit: number; readonly offset: number; readonly emoji?: string | undefined },
  ): Promise<UserReactionRow[]>;
}

interface ReactionRow {
  emoji: string;
  count: number;
  me: 0 | 1;
}

const toReaction = ({ emoji, count, me }: ReactionRow): Reaction => ({ emoji, count, me: me === 1 });

/** The result sets of `react_v1`. */
type ReactRows = [
  [{ outcome: ReactionResult['outcome']; chat_id: number; rev: number; emoji_count: number }],
  ReactionRow[],
  { user_id: number }[],
];

/** @param most how many distinct emoji a message may have */
export const createReactionStore = (db: () => Kysely<Database>, most: number): ReactionStore => ({
  react: async (messageId, userId, { kind, emoji, at }) => {
    const [[{ outcome, chat_id: chatId, rev, emoji_count: count }], found, members] =
      await callRoutine<ReactRows>(
        db(),
        sql`CALL react_v1(${messageId}, ${userId}, ${emoji}, ${kind === 'add'}, ${most}, ${at})`,
      );
    const reactions = found.map(toReaction);
    if (outcome === 'unchanged') return { outcome, rev, reactions };
    if (outcome !== 'changed') return { outcome };
    return { outcome, rev, chatId, reactions, count, memberIds: members.map(({ user_id }) => user_id) };
  },

  findMany: async (messageIds, viewerId) => {
    if (messageIds.length === 0) return new Map();
    const { rows } = await sql<ReactionRow & { message_row_id: number }>`
      SELECT message_row_id, emoji, COUNT(*) AS count, MAX(user_id = ${viewerId}) AS me
      FROM message_reactions FORCE INDEX (PRIMARY)
      WHERE message_row_id IN (${sql.join(messageIds)})
      GROUP BY message_row_id, emoji
      ORDER BY MIN(first_rev)`.execute(db());
    const byMessage = Map.groupBy(rows, (row) => row.message_row_id);
    return new Map([...byMessage].map(([id, own]) => [id, own.map(toReaction)]));
  },

  count: async (messageId, userId, emoji) => {
    const { rows } = await sql<{ total: number }>`
      SELECT (
        SELECT COUNT(*) FROM message_reactions AS r
        WHERE r.message_row_id = IF(m.is_deleted, NULL, m.id) AND ${ofEmoji(emoji)}
      ) AS total
      FROM message_metadata AS m
      JOIN chats ON chats.id = m.chat_id AND chats.is_active = 1
      JOIN chat_participants AS mine ON mine.chat_id = m.chat_id AND mine.user_id = ${userId}
      WHERE m.id = ${messageId}`.execute(db());
    return rows[0]?.total;
  },

  listPage: async (messageId, viewerId, { limit, offset, emoji }) => {
    // One emoji has at most as many reactions as the chat has members, and these are sorted; otherwise the index
    // yields them in order.
    const index = sql.ref(emoji === undefined ? 'ix_message_reactions_rev' : 'PRIMARY');
    const { rows } = await sql<PersonSelection & Omit<UserReactionRow, 'user'>>`
      SELECT r.emoji, r.created_at, ${personColumns('author', viewerId)}
      FROM message_reactions AS r FORCE INDEX (${index})
      STRAIGHT_JOIN users AS author ON author.id = r.user_id
      WHERE r.message_row_id = ${messageId} AND ${ofEmoji(emoji)}
      ORDER BY r.message_row_id, r.rev LIMIT ${limit} OFFSET ${offset}`.execute(db());
    return rows.map((row) => ({
      emoji: row.emoji,
      created_at: row.created_at,
      user: toPerson(row),
    }));
  },
});

const ofEmoji = (emoji: string | undefined) => (emoji === undefined ? sql`TRUE` : sql`r.emoji = ${emoji}`);

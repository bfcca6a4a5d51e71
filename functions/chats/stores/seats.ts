import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import type { SeatRole } from '../../platform/mysql/locks.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { slicesOf } from '../../platform/slices.ts';

/** Nothing was changed: a block exists between the actor and some of the named users, in either direction. */
export interface BlockedOutcome {
  readonly outcome: 'blocked';
  /** The users concerned by a block. */
  readonly userIds: readonly number[];
}

/** Nothing was changed: some of the users who were to be added are not active. */
export interface NotActiveOutcome {
  readonly outcome: 'not_active';
  /** The users who are not active. */
  readonly userIds: readonly number[];
}

/** A row of `chat_participants` to insert. */
export interface NewSeat {
  readonly chatId: number;
  readonly userId: number;
  readonly joinedAt: Date;
  readonly role: SeatRole;
  /** The chat's last `seq`: earlier messages are not unread for the new participant, nor do they notify them. */
  readonly lastSeq: number;
}

export const insertSeats = async (
  transaction: Kysely<Database>,
  seats: readonly NewSeat[],
): Promise<void> => {
  for (const slice of slicesOf(seats, SLICE_USERS)) {
    await transaction
      .insertInto('chat_participants')
      .values(
        slice.map(({ chatId, userId, joinedAt, role, lastSeq }) => ({
          chat_id: chatId,
          user_id: userId,
          joined_at: joinedAt,
          role,
          is_admin: role !== 'member',
          last_read_seq: lastSeq,
          joined_seq: lastSeq,
        })),
      )
      .execute();
  }
};

/** Removes a user from chats. */
export const removeSeats = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  userId: number,
): Promise<void> => {
  if (chatIds.length === 0) return;
  await transaction
    .deleteFrom('chat_participants')
    .where('chat_id', 'in', chatIds)
    .where('user_id', '=', userId)
    .execute();
};

/** Sets roles of participants in chats. When one of them becomes the owner, the previous owner becomes an admin. */
export const setRoles = async (
  transaction: Kysely<Database>,
  chatId: number,
  roles: ReadonlyMap<number, SeatRole>,
): Promise<void> => {
  const given = sql.join(
    [...roles].map(([userId, role]) => sql`WHEN ${userId} THEN ${role}`),
    sql` `,
  );
  const hasOwner = [...roles.values()].includes('owner');
  // MySQL evaluates assignments from left to right: `is_admin` sees the new role.
  await sql`
    UPDATE chat_participants
    SET role = CASE user_id ${given} ELSE 'admin' END, is_admin = (role <> 'member')
    WHERE chat_id = ${chatId}
      AND (user_id IN (${sql.join([...roles.keys()])}) OR (${hasOwner} AND role = 'owner' AND is_admin))`.execute(
    transaction,
  );
};

/**
 * Hides a direct chat from a user until a message after `lastSeq` arrives, or shows it again.
 *
 * @param lastSeq null to show the chat
 */
export const setHiddenAt = async (
  transaction: Kysely<Database>,
  chatId: number,
  userId: number,
  lastSeq: number | null,
): Promise<void> => {
  await transaction
    .updateTable('chat_participants')
    .set({ hidden_at_seq: lastSeq })
    .where('chat_id', '=', chatId)
    .where('user_id', '=', userId)
    .execute();
};

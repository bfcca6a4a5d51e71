import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import { slicesOf } from '../slices.ts';
import type { Database } from './schema.ts';

/**
 * The order in which transactions lock rows, here and in the stored routines, so that they never deadlock (decision
 * 18):
 *
 * 1. `chats`, by ascending id, `FOR UPDATE`: serializes changes of a chat, of its messages and of its participants.
 * Nobody can wait for a chat that is not committed yet, so a new one is inserted after its users are locked.
 * 2. `users`, by ascending id, shared: a user who is added to a chat is active, and stays active until the commit.
 * 3. `chat_participants`
 * 4. `message_metadata`
 * 5. `chat_bans`, then `chat_invites`
 * 6. `attachments`, by ascending `attachment_id`, after the row that refers to them: a message's chat, a user, a
 * group
 *
 * A statement that locks one row and is a transaction by itself (a read mark, `last_seen`, a deactivation) may lock
 * any.
 *
 * Decisions rest on what is read after the lock, so no plain read precedes it. Connections run at READ COMMITTED
 * (`mysql.ts`), where each plain read sees what is committed when it begins. At REPEATABLE READ, a server's default,
 * the first plain read of a transaction fixes the snapshot of all later ones. The lock order works at both levels,
 * and the race tests run at both. A locking read sees the latest rows in any case.
 */

/** A participant's role in a chat; in a direct chat everybody is a member. */
export type SeatRole = 'owner' | 'admin' | 'member';

/**
 * An SQL expression for the effective role in a row of `chat_participants`. Code of the previous version writes only
 * `is_admin`, so a role that contradicts `is_admin` is ignored.
 */
export const roleColumn = (seat: string) => {
  const [isAdmin, role] = [sql.ref(`${seat}.is_admin`), sql.ref(`${seat}.role`)];
  return sql<SeatRole>`IF(${isAdmin}, IF(${role} = 'owner', 'owner', 'admin'), 'member')`;
};

/** A participant's row in a chat, as read by a transaction that holds the chat's row lock. */
export interface Seat {
  readonly userId: number;
  readonly role: SeatRole;
  /** False for an account that is deactivated and has yet to leave: it counts as nobody. */
  readonly isActive: boolean;
}

export interface LockedChat {
  readonly id: number;
  readonly type: 'direct' | 'group';
  readonly settings: ChatSettings;
  readonly rev: number;
  readonly lastSeq: number;
  /** Earliest joined first. */
  readonly seats: readonly Seat[];
  /**
   * Whether the group has no stored owner, because code of the previous version changed it; `seats` then shows the
   * participant who counts as owner.
   */
  readonly isOwnerImplied: boolean;
}

/** A chat's own fields. */
export interface ChatSettings {
  readonly name: string | null;
  /** `attachment_id` of the chat's avatar. */
  readonly avatar_id: string | null;
  readonly description: string | null;
  readonly posting: 'everyone' | 'admins';
  readonly slow_seconds: number;
}

/** The seats of a group. When no owner is stored, the admin who joined first counts as owner. */
const withOwner = (seats: readonly Seat[]): readonly Seat[] => {
  if (seats.some(({ role }) => role === 'owner')) return seats;
  const heir = seats.find(({ role, isActive }) => role === 'admin' && isActive);
  if (heir === undefined) return seats;
  return seats.map((seat) => (seat === heir ? { ...seat, role: 'owner' } : seat));
};

/** Locks chats and reads their participants. @returns those of the chats that are open */
export const lockChats = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
): Promise<LockedChat[]> => {
  const { rows: chats } = await sql<{
    id: number;
    chat_type: 'direct' | 'group';
    name: string | null;
    avatar_id: string | null;
    description: string | null;
    posting: 'everyone' | 'admins';
    slow_seconds: number;
    rev: number;
    last_seq: number;
  }>`
    SELECT id, chat_type, name, avatar_id, description, posting, slow_seconds, rev, last_seq
    FROM chats FORCE INDEX (PRIMARY)
    WHERE id IN (${sql.join(chatIds)}) AND is_active = 1
    ORDER BY id FOR UPDATE`.execute(transaction);
  if (chats.length === 0) return [];
  const { rows } = await sql<{ chat_id: number; user_id: number; role: SeatRole; is_active: 0 | 1 }>`
    SELECT seat.chat_id, seat.user_id, ${roleColumn('seat')} AS role, users.is_active
    FROM chat_participants AS seat FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN users ON users.id = seat.user_id
    WHERE seat.chat_id IN (${sql.join(chats.map(({ id }) => id))})
    ORDER BY seat.chat_id, seat.joined_at, seat.user_id`.execute(transaction);
  const rowsOf = Map.groupBy(rows, (row) => row.chat_id);
  return chats.map(({ id, chat_type: type, rev, last_seq: lastSeq, ...settings }) => {
    const stored = (rowsOf.get(id) ?? []).map((row) => ({
      userId: row.user_id,
      role: row.role,
      isActive: row.is_active === 1,
    }));
    const seats = type === 'group' ? withOwner(stored) : stored;
    return { id, type, rev, lastSeq, settings, seats, isOwnerImplied: seats !== stored };
  });
};

/** Locks a chat and reads its participants. @returns undefined when it is closed or absent */
export const lockChat = async (
  transaction: Kysely<Database>,
  chatId: number,
): Promise<LockedChat | undefined> => (await lockChats(transaction, [chatId]))[0];

/** Locks a chat, open or closed, without reading its participants. @returns undefined when it is absent */
export const lockChatRow = async (
  transaction: Kysely<Database>,
  chatId: number,
): Promise<Pick<LockedChat, 'id' | 'rev'> | undefined> => {
  const { rows } = await sql<Pick<LockedChat, 'id' | 'rev'>>`
    SELECT id, rev FROM chats WHERE id = ${chatId} FOR UPDATE`.execute(transaction);
  return rows[0];
};

/** The kind of a change that takes a `rev`. */
export interface ChangeKind {
  /**
   * Whether the change concerns the chat's own fields, its participants or their roles: `details_rev` then follows
   * `rev`.
   */
  readonly details: boolean;
}

/**
 * Takes the next `rev`s of chats that the transaction has locked. Stored routines do this themselves. @param count
 * how many per chat
 */
export const takeRevs = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  count: number,
  { details }: ChangeKind,
): Promise<void> => {
  if (chatIds.length === 0) return;
  // The order matters: MySQL evaluates assignments from left to right, and a later expression sees earlier results.
  await sql`
    UPDATE chats SET ${details ? sql`details_rev = rev + ${count},` : sql``} rev = rev + ${count}
    WHERE id IN (${sql.join(chatIds)})`.execute(transaction);
};

/** Like `takeRevs`, for one change of one chat. @returns the `rev` that the change took */
export const takeRev = async (
  transaction: Kysely<Database>,
  chat: Pick<LockedChat, 'id' | 'rev'>,
  kind: ChangeKind,
): Promise<number> => {
  await takeRevs(transaction, [chat.id], 1, kind);
  return chat.rev + 1;
};

/**
 * Locks users until the commit: a concurrent deactivation is either committed before, or waits until afterwards.
 *
 * @returns those of the ids that are not active users
 */
export const lockUsers = async (
  transaction: Kysely<Database>,
  userIds: readonly number[],
): Promise<number[]> => {
  const active = new Set<number>();
  // By ascending id across the slices, too: this is the lock order.
  for (const slice of slicesOf(
    userIds.toSorted((a, b) => a - b),
    SLICE_USERS,
  )) {
    const { rows } = await sql<{ id: number }>`
      SELECT id FROM users FORCE INDEX (PRIMARY)
      WHERE id IN (${sql.join(slice)}) AND is_active = 1
      ORDER BY id LOCK IN SHARE MODE`.execute(transaction);
    for (const { id } of rows) active.add(id);
  }
  return userIds.filter((id) => !active.has(id));
};

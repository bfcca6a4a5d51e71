import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import { slicesOf } from '../slices.ts';
import type { Database } from './schema.ts';

/**
 * The order in which transactions lock rows, here and in the stored routines, so that no two of them wait for each other
 * (decision 18):
 *
 * 1. `chats`, by ascending id, `FOR UPDATE`: changes of a chat, of its messages and of who is in it happen one after the
 *    other. Nobody can wait for a chat that is not committed yet, so a new one is inserted after its users are locked.
 * 2. `users`, by ascending id, shared: whoever is put into a chat is active, and stays active until the commit.
 * 3. `chat_participants`
 * 4. `message_metadata`
 * 5. `chat_bans`, then `chat_invites`
 * 6. `attachments`, by ascending `attachment_id`, after whatever takes them: a message's chat, a person, a group
 *
 * A statement that locks one row and commits by itself (a read mark, `last_seen`, a deactivation) may lock any.
 *
 * Decisions rest on what is read after the lock, so no plain read comes before it. Connections run at READ COMMITTED
 * (`mysql.ts`), where each plain read sees what is committed when it begins. At REPEATABLE READ, a server's default, the
 * first plain read of a transaction fixes what all later ones see. The order holds at both, and the race tests run at
 * both. A locking read sees the latest rows in any case.
 */

/** What a participant is in a chat; everybody is a member of a direct one. */
export type SeatRole = 'owner' | 'admin' | 'member';

/**
 * The role of a row of `chat_participants`. Code of the version before writes `is_admin` alone, so a role that it
 * contradicts does not hold.
 */
export const roleColumn = (seat: string) => {
  const [isAdmin, role] = [sql.ref(`${seat}.is_admin`), sql.ref(`${seat}.role`)];
  return sql<SeatRole>`IF(${isAdmin}, IF(${role} = 'owner', 'owner', 'admin'), 'member')`;
};

/** One participant's place in a chat, as a transaction that holds the chat's lock sees it. */
export interface Seat {
  readonly userId: number;
  readonly role: SeatRole;
  /** False for an account that was deactivated and is yet to leave: it counts as nobody. */
  readonly isActive: boolean;
}

export interface LockedChat {
  readonly id: number;
  readonly type: 'direct' | 'group';
  readonly settings: ChatSettings;
  readonly rev: number;
  readonly lastSeq: number;
  /** Longest-standing first. */
  readonly seats: readonly Seat[];
  /** Whether no owner is stored, so that `seats` shows whoever counts as one: code of the version before left the group. */
  readonly isOwnerImplied: boolean;
}

/** A chat's own fields. */
export interface ChatSettings {
  readonly name: string | null;
  /** `attachment_id` of its picture. */
  readonly avatar_id: string | null;
  readonly description: string | null;
  readonly posting: 'everyone' | 'admins';
  readonly slow_seconds: number;
}

/** The seats of a group, in which the longest-standing admin counts as owner when none is stored. */
const withOwner = (seats: readonly Seat[]): readonly Seat[] => {
  if (seats.some(({ role }) => role === 'owner')) return seats;
  const heir = seats.find(({ role, isActive }) => role === 'admin' && isActive);
  if (heir === undefined) return seats;
  return seats.map((seat) => (seat === heir ? { ...seat, role: 'owner' } : seat));
};

/** Locks chats and reads who is in them. @returns those of them that are open */
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

/** Locks a chat and reads who is in it. @returns undefined when it is closed or absent */
export const lockChat = async (
  transaction: Kysely<Database>,
  chatId: number,
): Promise<LockedChat | undefined> => (await lockChats(transaction, [chatId]))[0];

/** Locks a chat, open or closed, without reading who is in it. @returns undefined when it is absent */
export const lockChatRow = async (
  transaction: Kysely<Database>,
  chatId: number,
): Promise<Pick<LockedChat, 'id' | 'rev'> | undefined> => {
  const { rows } = await sql<Pick<LockedChat, 'id' | 'rev'>>`
    SELECT id, rev FROM chats WHERE id = ${chatId} FOR UPDATE`.execute(transaction);
  return rows[0];
};

/** What changes that take a `rev` are changes of. */
export interface ChangeKind {
  /** Whether they change the chat's own fields, or who is in it and as what: `details_rev` follows `rev` for these. */
  readonly details: boolean;
}

/** Takes the next `rev`s of chats that the transaction has locked. Stored routines do so themselves. @param count per chat */
export const takeRevs = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  count: number,
  { details }: ChangeKind,
): Promise<void> => {
  if (chatIds.length === 0) return;
  // In this order: MySQL assigns from left to right, and a later expression sees what an earlier one has set.
  await sql`
    UPDATE chats SET ${details ? sql`details_rev = rev + ${count},` : sql``} rev = rev + ${count}
    WHERE id IN (${sql.join(chatIds)})`.execute(transaction);
};

/** As `takeRevs`, for one change of one chat. @returns the `rev` that the change took */
export const takeRev = async (
  transaction: Kysely<Database>,
  chat: Pick<LockedChat, 'id' | 'rev'>,
  kind: ChangeKind,
): Promise<number> => {
  await takeRevs(transaction, [chat.id], 1, kind);
  return chat.rev + 1;
};

/**
 * Holds users as they are until the commit: an account that is being deactivated is so before, or not until after it.
 *
 * @returns those of the ids that are no active users
 */
export const lockUsers = async (
  transaction: Kysely<Database>,
  userIds: readonly number[],
): Promise<number[]> => {
  const active = new Set<number>();
  // By ascending id across the slices, too: that is the order of locks.
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

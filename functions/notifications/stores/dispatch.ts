import { sql, type Kysely } from 'kysely';
import type { ChatNotifications } from '../../contract/schemas.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import type { NotificationSettings } from '../contract.ts';
import type { DeviceRow } from './devices.ts';
import { toQuiet } from './settings.ts';

/** A chat, and the progress of its dispatch. */
export interface DispatchPosition {
  readonly chatType: 'direct' | 'group';
  readonly name: string | null;
  readonly lastSeq: number;
  /** Null before the first decision. */
  readonly dispatchedSeq: number | null;
}

/** A participant with registered devices. */
export interface DispatchMember {
  readonly userId: number;
  readonly lastReadSeq: number;
  readonly level: ChatNotifications['level'];
  readonly mutedUntil: Date | null;
  readonly preview: boolean;
  readonly quiet: NotificationSettings['quiet'];
  readonly devices: readonly DeviceRow[];
}

/** The position of an iteration over stale chats. */
export interface StaleCursor {
  readonly updatedAt: Date;
  readonly chatId: number;
}

export interface DispatchStore {
  /** Undefined when the chat is closed or absent. */
  findPosition(chatId: number): Promise<DispatchPosition | undefined>;
  /** The participants of a chat who have devices; with `userIds`, which must not be empty, only these users. */
  listMembers(chatId: number, userIds?: readonly number[]): Promise<DispatchMember[]>;
  /** The blocks of these users against these senders, as strings `user sender`. */
  findBlocks(userIds: readonly number[], senderIds: readonly number[]): Promise<Set<string>>;
  /** Saves that all messages up to `seq` have been decided on. Only moves forward, also for concurrent calls. */
  advance(chatId: number, seq: number): Promise<void>;
  /**
   * Chats whose latest activity is after the cursor and not after `until`, and that have an undecided message and a
   * participant with a device; least recent first.
   */
  listStale(after: StaleCursor, until: Date, limit: number): Promise<StaleCursor[]>;
}

interface MemberRow {
  user_id: number;
  last_read_seq: number;
  notify_level: ChatNotifications['level'];
  muted_until: Date | null;
  preview: 0 | 1 | null;
  quiet_from: string | null;
  quiet_to: string | null;
  time_zone: string | null;
  id: number;
  session_id: string;
  kind: DeviceRow['kind'];
  token: string;
  p256dh: string | null;
  auth: string | null;
  name: string | null;
  created_at: Date;
}

export const createDispatchStore = (db: () => Kysely<Database>): DispatchStore => ({
  findPosition: async (chatId) => {
    const row = await db()
      .selectFrom('chats')
      .leftJoin('chat_dispatch', 'chat_dispatch.chat_id', 'chats.id')
      .select(['chats.chat_type', 'chats.name', 'chats.last_seq', 'chat_dispatch.seq'])
      .where('chats.id', '=', chatId)
      .where('chats.is_active', '=', 1)
      .executeTakeFirst();
    return row && { chatType: row.chat_type, name: row.name, lastSeq: row.last_seq, dispatchedSeq: row.seq };
  },

  listMembers: async (chatId, userIds) => {
    const named = userIds === undefined ? sql`` : sql` AND seat.user_id IN (${sql.join(userIds)})`;
    const { rows } = await sql<MemberRow>`
      SELECT seat.user_id, seat.last_read_seq, seat.notify_level, seat.muted_until,
        settings.preview, settings.quiet_from, settings.quiet_to, settings.time_zone,
        device.id, device.session_id, device.kind, device.token, device.p256dh, device.auth, device.name,
        device.created_at
      FROM chat_participants AS seat
      STRAIGHT_JOIN devices AS device FORCE INDEX (ix_devices_user) ON device.user_id = seat.user_id
      LEFT JOIN notification_settings AS settings ON settings.user_id = seat.user_id
      WHERE seat.chat_id = ${chatId}${named}`.execute(db());
    return [...Map.groupBy(rows, ({ user_id: userId }) => userId)].flatMap(([userId, [first, ...others]]) =>
      first === undefined
        ? []
        : [
            {
              userId,
              lastReadSeq: first.last_read_seq,
              level: first.notify_level,
              mutedUntil: first.muted_until,
              preview: first.preview !== 0,
              quiet: toQuiet(first),
              devices: [first, ...others],
            },
          ],
    );
  },

  findBlocks: async (userIds, senderIds) => {
    if (userIds.length === 0 || senderIds.length === 0) return new Set();
    const rows = await db()
      .selectFrom('user_blocks')
      .select(['user_id', 'blocked_id'])
      .where('user_id', 'in', userIds)
      .where('blocked_id', 'in', senderIds)
      .execute();
    return new Set(rows.map((row) => `${row.user_id} ${row.blocked_id}`));
  },

  advance: async (chatId, seq) => {
    await db()
      .insertInto('chat_dispatch')
      .values({ chat_id: chatId, seq })
      .onDuplicateKeyUpdate((eb) => ({ seq: eb.fn<number>('greatest', [eb.ref('seq'), eb.val(seq)]) }))
      .execute();
  },

  // A scalar subquery rather than an EXISTS, which the optimizers turn into a join with all members.
  listStale: async (after, until, limit) => {
    const { rows } = await sql<StaleCursor>`
      SELECT chats.id AS chatId, chats.updated_at AS updatedAt
      FROM chats FORCE INDEX (ix_chats_updated)
      LEFT JOIN chat_dispatch AS done ON done.chat_id = chats.id
      WHERE chats.updated_at >= ${after.updatedAt} AND chats.updated_at <= ${until}
        AND (chats.updated_at > ${after.updatedAt} OR chats.id > ${after.chatId})
        AND chats.is_active = 1 AND chats.last_seq > COALESCE(done.seq, 0)
        AND (
          SELECT device.id FROM chat_participants AS seat
          STRAIGHT_JOIN devices AS device FORCE INDEX (ix_devices_user) ON device.user_id = seat.user_id
          WHERE seat.chat_id = chats.id LIMIT 1) IS NOT NULL
      ORDER BY chats.updated_at, chats.id LIMIT ${limit}`.execute(db());
    return rows;
  },
});

import { sql, type Kysely } from 'kysely';
import { callRoutine } from '../platform/mysql/call-routine.ts';
import type { Database } from '../platform/mysql/schema.ts';

export interface ReadMarkStore {
  /**
   * Moves a read mark forward, never past the chat's end, in one round trip.
   *
   * @returns the position of the mark, and the chat's participants when it moved; undefined when the user is not in
   *   the chat
   */
  markRead(
    chatId: number,
    userId: number,
    seq: number,
  ): Promise<
    | {
        readonly lastReadSeq: number;
        readonly unreadCount: number;
        readonly moved: boolean;
        readonly memberIds: readonly number[];
      }
    | undefined
  >;
}

/** The result sets of `mark_read_v2`; the first is empty when the user is not in the chat. */
type MarkRows = [[{ last_read_seq: number; unread_count: number; moved: 0 | 1 }] | [], { user_id: number }[]];

export const createReadMarkStore = (db: () => Kysely<Database>): ReadMarkStore => ({
  markRead: async (chatId, userId, seq) => {
    const [[mark], members] = await callRoutine<MarkRows>(
      db(),
      sql`CALL mark_read_v2(${chatId}, ${userId}, ${seq})`,
    );
    if (mark === undefined) return undefined;
    return {
      lastReadSeq: mark.last_read_seq,
      unreadCount: mark.unread_count,
      moved: mark.moved === 1,
      memberIds: members.map((member) => member.user_id),
    };
  },
});

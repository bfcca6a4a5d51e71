import type { Connection } from '../repositories/dynamodb/connections.ts';
import { allDone } from './all-done.ts';
import { liveMembership, showChat, type AnnounceMembershipEffects } from './announce-membership.ts';
import { broadcast } from './broadcast.ts';
import { carries } from './live-connections.ts';
import type { Departure } from './memberships.ts';
import { endPresence } from './presence.ts';

/** Groups whose members' connections are asked for at once; all of one size have 5,000 members. */
const GROUPS_AT_ONCE = 50;

/**
 * Tells many groups that a user left them, and shows those to whoever became their admin by that. Connections are asked
 * for once for all members: who share one group often share the next.
 */
export const announceDepartures = async (
  userId: number,
  departures: readonly Departure[],
  effects: AnnounceMembershipEffects = liveMembership,
): Promise<void> => {
  for (let start = 0; start < departures.length; start += GROUPS_AT_ONCE) {
    const batch = departures.slice(start, start + GROUPS_AT_ONCE);
    const found = await effects.connections.findByUsers([
      userId,
      ...batch.flatMap(({ news }) => [...news.memberIds]),
    ]);
    const byUser = Map.groupBy<number, Connection>(found, (connection) => connection.userId);
    const of = (id: number): readonly Connection[] => byUser.get(id) ?? [];
    await allDone(
      batch.map(async ({ news: { chatId, memberIds }, heirId }) => {
        const carrying = [...memberIds, userId].flatMap((id) =>
          of(id).filter((connection) => carries(connection, chatId)),
        );
        await allDone([
          broadcast(carrying, { type: 'participants_removed', chat_id: chatId, user_ids: [userId] }, effects),
          of(userId).some(({ joined }) => joined.has(chatId))
            ? endPresence({ id: chatId, memberIds }, [userId], effects)
            : undefined,
          heirId !== null && of(heirId).length > 0
            ? showChat('chat_updated', chatId, [heirId], effects)
            : undefined,
        ]);
      }),
    );
  }
};

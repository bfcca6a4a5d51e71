import { liveChats, type ChatEffects } from '../chats/chats.ts';
import { departureEvents } from '../chats/memberships.ts';
import type { ChatStore } from '../chats/stores/chats.ts';
import type { Publication } from '../events/publish.ts';
import { systemClock } from '../platform/clock.ts';
import { closeConnections } from '../presence/end-connections.ts';
import { endSessions } from '../sessions/sessions.ts';
import { userStore } from './live.ts';
import { type UserStore } from './stores/users.ts';

export interface DepartureEffects extends Pick<ChatEffects, 'clock'> {
  readonly users: Pick<UserStore, 'setDeparted'>;
  readonly chats: Pick<ChatStore, 'leaveGroups'>;
  /** How those who became admins are shown their groups. */
  readonly shown: ChatEffects;
  readonly endSessions: (userId: number, exceptId: string | null) => Promise<string[]>;
  /** Closes all sockets of a user. @throws when it is unknown which there are */
  readonly closeConnections: (userId: number) => Promise<void>;
}

/** The stores and the WebSocket API of this stage. */
export const liveDeparture: DepartureEffects = {
  users: userStore,
  chats: liveChats.chats,
  shown: liveChats,
  endSessions: (userId, exceptId) => endSessions(userId, exceptId),
  closeConnections: (userId) => closeConnections(userId, null),
  clock: systemClock,
};

/** Groups that are left in one transaction, which holds their locks together. */
const GROUPS_AT_ONCE = 50;

/** What a departure came to, as far as it came. */
export interface DepartureReport {
  /** Groups that were left. */
  readonly groupsLeft: number;
  readonly events: readonly Publication[];
  /** Whether nothing of it is left to do. */
  readonly isComplete: boolean;
}

/**
 * Takes a deactivated account out of its groups, as anyone leaves them, and ends its sessions and its sockets. Each
 * step can be done again, by the next try of the user or by the job; only an account of which nothing is left is noted
 * as departed. Nobody can be put into another group once they are deactivated.
 *
 * @param until no further groups are left after that time (milliseconds since 1970)
 */
export const depart = async (
  userId: number,
  until: number,
  { users, chats, shown, endSessions, closeConnections, clock }: DepartureEffects = liveDeparture,
): Promise<DepartureReport> => {
  const events: Publication[] = [];
  let groupsLeft = 0;
  let hasMore = true;
  while (hasMore && clock().getTime() < until) {
    const step = await chats.leaveGroups(userId, GROUPS_AT_ONCE);
    events.push(...step.left.flatMap((left) => departureEvents(userId, left, shown)));
    groupsLeft += step.left.length;
    hasMore = step.hasMore;
  }
  // Last, for who tries again has to be let in; and a log-in that was under way may have made another one.
  await endSessions(userId, null);
  await closeConnections(userId);
  if (!hasMore) await users.setDeparted(userId, clock());
  return { groupsLeft, events, isComplete: !hasMore };
};

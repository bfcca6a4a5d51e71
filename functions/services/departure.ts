import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import type { ChatRepository } from '../repositories/mysql/chats.ts';
import { createUserRepository, type UserRepository } from '../repositories/mysql/users.ts';
import { liveChats } from './chats.ts';
import { closeConnections } from './end-connections.ts';
import { toDeparture, type Departure } from './memberships.ts';
import { endSessions } from './sessions.ts';

export interface DepartureEffects {
  readonly users: Pick<UserRepository, 'setDeparted'>;
  readonly chats: Pick<ChatRepository, 'leaveGroups'>;
  readonly endSessions: (userId: number, exceptId: string | null) => Promise<string[]>;
  /** Closes all sockets of a user. @throws when it is unknown which there are */
  readonly closeConnections: (userId: number) => Promise<void>;
  readonly clock: Clock;
}

/** The stores and the WebSocket API of this stage. */
export const liveDeparture: DepartureEffects = {
  users: createUserRepository(mysql),
  chats: liveChats.chats,
  endSessions: (userId, exceptId) => endSessions(userId, exceptId),
  closeConnections: (userId) => closeConnections(userId, null),
  clock: systemClock,
};

/** Groups that are left in one transaction, which holds their locks together. */
const GROUPS_AT_ONCE = 50;

/** What a departure came to, as far as it came. */
export interface DepartureReport {
  readonly departures: readonly Departure[];
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
  { users, chats, endSessions, closeConnections, clock }: DepartureEffects = liveDeparture,
): Promise<DepartureReport> => {
  const departures: Departure[] = [];
  let hasMore = true;
  while (hasMore && clock().getTime() < until) {
    const step = await chats.leaveGroups(userId, GROUPS_AT_ONCE);
    departures.push(...step.left.map((left) => toDeparture(userId, left)));
    hasMore = step.hasMore;
  }
  // Last, for who tries again has to be let in; and a log-in that was under way may have made another one.
  await endSessions(userId, null);
  await closeConnections(userId);
  if (!hasMore) await users.setDeparted(userId, clock());
  return { departures, isComplete: !hasMore };
};

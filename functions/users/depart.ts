import { liveGroups, type ShowGroupEffects } from '../chats/change-group.ts';
import { departureEvents } from '../chats/membership-events.ts';
import type { GroupStore } from '../chats/stores/groups.ts';
import { liveAvatars, type AvatarEffects } from '../files/publish-avatar.ts';
import type { Publication } from '../events/publish.ts';
import { systemClock } from '../platform/clock.ts';
import { closeConnections } from '../presence/end-connections.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { userStore } from './live.ts';
import { removeAvatarOf } from './remove-avatar.ts';
import type { UserStore } from './stores/users.ts';

export interface DepartureEffects
  extends Pick<ShowGroupEffects, 'clock'>, Pick<AvatarEffects, 'withdrawAvatar'> {
  readonly users: Pick<UserStore, 'setAvatar' | 'setDeparted'>;
  readonly chats: Pick<GroupStore, 'leaveGroups'>;
  /** Dependencies of the events that show the group to its new owner. */
  readonly shown: ShowGroupEffects;
  readonly endSessions: (userId: number, exceptId: string | null) => Promise<string[]>;
  /** Closes all connections of a user. @throws when they could not be looked up */
  readonly closeConnections: (userId: number) => Promise<void>;
}

/** The live effects of departures in this stage. */
export const liveDeparture: DepartureEffects = {
  users: userStore,
  chats: liveGroups.groups,
  shown: liveGroups,
  withdrawAvatar: liveAvatars.withdrawAvatar,
  endSessions: (userId, exceptId) => endSessions(userId, exceptId),
  closeConnections: (userId) => closeConnections(userId, null),
  clock: systemClock,
};

/** How many groups one transaction leaves; it holds the row locks of all of them. */
const GROUPS_AT_ONCE = 50;

/** The result of one attempt to leave all groups. */
export interface DepartureReport {
  /** How many groups were left. */
  readonly groupsLeft: number;
  readonly events: readonly Publication[];
  /** Whether all groups have been left and the departure has been recorded. */
  readonly isComplete: boolean;
}

/**
 * Removes a deactivated account from its groups, like a member who leaves, removes its avatar, and ends its sessions
 * and connections. Each step is idempotent and can be repeated, by the user or by the job; the account is recorded as
 * departed only once it has left all groups. A deactivated account cannot be added to a group.
 *
 * @param until the time after which no further groups are left (milliseconds since 1970)
 */
export const depart = async (
  userId: number,
  until: number,
  effects: DepartureEffects = liveDeparture,
): Promise<DepartureReport> => {
  const { users, chats, shown, endSessions, closeConnections, clock } = effects;
  await removeAvatarOf(userId, effects);
  const events: Publication[] = [];
  let groupsLeft = 0;
  let hasMore = true;
  while (hasMore && clock().getTime() < until) {
    const step = await chats.leaveGroups(userId, GROUPS_AT_ONCE);
    events.push(...step.left.flatMap((left) => departureEvents(userId, left, shown)));
    groupsLeft += step.left.length;
    hasMore = step.hasMore;
  }
  // Comes last: the user needs a session to repeat the deletion. A concurrent log-in may have started another session.
  await endSessions(userId, null);
  await closeConnections(userId);
  if (!hasMore) await users.setDeparted(userId, clock());
  return { groupsLeft, events, isComplete: !hasMore };
};

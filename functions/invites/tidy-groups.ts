import { banStore, completeRoles } from '../chats/live.ts';
import type { BanStore } from '../chats/stores/bans.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { inBatches, runLimit, type Repair } from '../platform/run-limit.ts';
import { inviteStore } from './live.ts';
import type { InviteStore } from './stores/invites.ts';

export interface TidyGroupsEffects {
  readonly invites: Pick<InviteStore, 'removeExpired'>;
  readonly bans: Pick<BanStore, 'removeEnded'>;
  /** Repairs roles that older code did not store. */
  readonly completeRoles: (isOver: () => boolean) => Promise<Repair>;
  readonly clock: Clock;
}

const liveEffects: TidyGroupsEffects = {
  invites: inviteStore,
  bans: banStore,
  completeRoles,
  clock: systemClock,
};

/** The result of a run. */
export interface TidyGroupsReport {
  readonly invites: number;
  readonly bans: number;
  readonly roles: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

/** How many rows one statement removes. */
const BATCH = 1000;

/**
 * How long an expired invitation is kept: so long, users who follow its link learn that it has expired rather than
 * that there is none.
 */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Removes ended bans and invitations that expired a month ago, and repairs roles that older code did not store. */
export const tidyGroups = async ({
  invites,
  bans,
  completeRoles,
  clock,
}: TidyGroupsEffects = liveEffects): Promise<TidyGroupsReport> => {
  const started = clock();
  const isOver = runLimit(started, clock);
  const roles = await completeRoles(isOver);
  let { complete } = roles;
  const allOf = async (remove: (limit: number) => Promise<number>): Promise<number> => {
    let removed = 0;
    const isDone = await inBatches(isOver, async () => {
      const last = await remove(BATCH);
      removed += last;
      return last === BATCH;
    });
    complete &&= isDone;
    return removed;
  };
  const expired = new Date(started.getTime() - EXPIRED_KEPT_MS);
  const counts = {
    invites: await allOf((limit) => invites.removeExpired(expired, limit)),
    bans: await allOf((limit) => bans.removeEnded(started, limit)),
    roles: roles.repaired,
  };
  return { ...counts, complete };
};

import { publish, type Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { depart, liveDeparture, type DepartureEffects, type DepartureReport } from './departure.ts';
import { userStore } from './live.ts';
import { type UserStore } from './stores/users.ts';

export interface FinishDeparturesEffects extends Pick<DepartureEffects, 'clock'> {
  readonly users: Pick<UserStore, 'listDeparting'>;
  readonly depart: (userId: number, until: number) => Promise<DepartureReport>;
  readonly publish: (events: readonly Publication[]) => Promise<void>;
}

const liveEffects: FinishDeparturesEffects = {
  users: userStore,
  depart: (userId, until) => depart(userId, until, liveDeparture),
  publish: (events) => publish(events),
  clock: liveDeparture.clock,
};

/** What a run did. */
export interface FinishDeparturesReport {
  /** Accounts of which nothing is left. */
  readonly departed: number;
  /** Groups that were left. */
  readonly groupsLeft: number;
}

const BATCH = 100;

/** A run ends before Lambda ends it; the next one goes on. */
const LONGEST_MS = 10 * 60_000;

/**
 * Finishes what deactivating an account did not come to: groups that it is still in, sessions that are still on. An
 * account that cannot be finished keeps no other from it.
 *
 * @throws AggregateError of the accounts that could not be finished
 */
export const finishDepartures = async ({
  users,
  depart,
  publish,
  clock,
}: FinishDeparturesEffects = liveEffects): Promise<FinishDeparturesReport> => {
  const until = clock().getTime() + LONGEST_MS;
  const failures: unknown[] = [];
  let departed = 0;
  let groupsLeft = 0;
  let after = 0;
  for (;;) {
    const userIds = await users.listDeparting(after, BATCH);
    for (const userId of userIds) {
      if (clock().getTime() >= until) return { departed, groupsLeft };
      try {
        const { groupsLeft: left, events, isComplete } = await depart(userId, until);
        departed += isComplete ? 1 : 0;
        groupsLeft += left;
        await publish(events);
      } catch (error) {
        logger.error('A departure was not finished', { user_id: userId, error: loggedError(error) });
        failures.push(error);
      }
      after = userId;
    }
    if (userIds.length < BATCH) break;
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, `${failures.length} accounts could not be finished`);
  }
  return { departed, groupsLeft };
};

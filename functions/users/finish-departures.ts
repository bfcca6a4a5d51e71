import { publish, type Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { inBatches, runEnd, runLimit } from '../platform/run-limit.ts';
import { depart, liveDeparture, type DepartureEffects, type DepartureReport } from './depart.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

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

/** The result of a run. */
export interface FinishDeparturesReport {
  /** Accounts that have left all of their groups. */
  readonly departed: number;
  /** How many groups were left. */
  readonly groupsLeft: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

/** How many accounts are read at a time. */
const BATCH = 100;

/**
 * Completes the departures of deactivated accounts that are still in groups or may still have sessions. A failure
 * does not stop the run.
 *
 * @throws AggregateError after the run, with the errors of the accounts that failed
 */
export const finishDepartures = async ({
  users,
  depart,
  publish,
  clock,
}: FinishDeparturesEffects = liveEffects): Promise<FinishDeparturesReport> => {
  const started = clock();
  const until = runEnd(started);
  const isOver = runLimit(started, clock);
  const failures: unknown[] = [];
  let departed = 0;
  let groupsLeft = 0;
  let after = 0;
  let isLeft = false;
  const complete = await inBatches(isOver, async () => {
    const userIds = await users.listDeparting(after, BATCH);
    for (const userId of userIds) {
      if (isOver()) return true;
      try {
        const { groupsLeft: left, events, isComplete } = await depart(userId, until);
        departed += isComplete ? 1 : 0;
        isLeft ||= !isComplete;
        groupsLeft += left;
        await publish(events);
      } catch (error) {
        logger.error('A departure was not finished', { user_id: userId, error: loggedError(error) });
        failures.push(error);
      }
      after = userId;
    }
    return userIds.length === BATCH;
  });
  if (failures.length > 0) {
    throw new AggregateError(failures, `${failures.length} accounts could not be finished`);
  }
  return { departed, groupsLeft, complete: complete && !isLeft };
};

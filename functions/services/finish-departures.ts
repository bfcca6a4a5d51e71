import { loggedError, logger } from '../platform/logger.ts';
import { mysql } from '../platform/mysql.ts';
import { createUserRepository, type UserRepository } from '../repositories/mysql/users.ts';
import { announceDepartures } from './announce-departures.ts';
import { depart, liveDeparture, type DepartureEffects, type DepartureReport } from './departure.ts';
import type { Departure } from './memberships.ts';

export interface FinishDeparturesEffects extends Pick<DepartureEffects, 'clock'> {
  readonly users: Pick<UserRepository, 'listDeparting'>;
  readonly depart: (userId: number, until: number) => Promise<DepartureReport>;
  readonly announce: (userId: number, departures: readonly Departure[]) => Promise<void>;
}

const liveEffects: FinishDeparturesEffects = {
  users: createUserRepository(mysql),
  depart: (userId, until) => depart(userId, until, liveDeparture),
  announce: (userId, departures) => announceDepartures(userId, departures),
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
  announce,
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
        const { departures, isComplete } = await depart(userId, until);
        departed += isComplete ? 1 : 0;
        groupsLeft += departures.length;
        await announce(userId, departures);
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

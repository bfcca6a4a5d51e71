import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { runWithDeadline } from '../platform/run-with-deadline.ts';

/** Clients learn within six seconds that a store is down, whatever the stores' own timeouts add up to. */
const DEADLINE_MS = 5500;

/**
 * Runs work on the stores. @throws StoreUnavailableError when it takes longer than the deadline; the work is then
 * abandoned
 */
export const withStoreDeadline = <T>(work: () => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> =>
  runWithDeadline(
    deadlineMs,
    work,
    () => new StoreUnavailableError('a store', new Error('The deadline of the request has passed')),
  );

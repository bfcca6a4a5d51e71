import { ServiceError } from '../contract/service-error.ts';

/**
 * The end of a permanent suspension: the latest time that MySQL can store. Sessions are marked with the same time, in
 * seconds.
 */
export const FOREVER = new Date('9999-12-31T23:59:59.999Z');

/** Whether an account is suspended at `now`. A suspension ends by itself, without any change to the row. */
export const isSuspended = (until: Date | null, now: Date): until is Date => until !== null && until > now;

/** The error for a user whose account is suspended. */
export const accountSuspended = (until: Date): ServiceError =>
  new ServiceError('account_suspended', {
    detail:
      until.getTime() >= FOREVER.getTime() - 1000
        ? 'This account is suspended.'
        : `This account is suspended until ${until.toISOString()}.`,
  });

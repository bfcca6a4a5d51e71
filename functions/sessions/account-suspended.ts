import { ServiceError } from '../contract/service-error.ts';

/**
 * Until when a suspension without an end lasts: the last moment that MySQL holds. A text of the same moment, in seconds,
 * marks sessions.
 */
export const FOREVER = new Date('9999-12-31T23:59:59.999Z');

/** Whether an account is suspended at `now`. A suspension ends by itself, without anybody changing the row. */
export const isSuspended = (until: Date | null, now: Date): until is Date => until !== null && until > now;

/** The refusal of somebody whose account is suspended. */
export const accountSuspended = (until: Date): ServiceError =>
  new ServiceError('account_suspended', {
    detail:
      until.getTime() >= FOREVER.getTime() - 1000
        ? 'This account is suspended.'
        : `This account is suspended until ${until.toISOString()}.`,
  });

import type { Actor } from './actor.ts';
import { ServiceError } from './service-error.ts';

/** Details of an error about one field of the body. */
export const issueAt = (path: string, message: string) => ({ issues: [{ path, message }], detail: message });

/**
 * Refuses what takes active users. An access token may be good for a minute after its account has gone.
 *
 * @param ids who is none of them
 * @throws ServiceError `session_revoked` when the actor is one of these, else `user_not_found`, naming them
 */
export const refuseNotActive = (
  ids: readonly number[],
  path: string,
  actor: Pick<Actor, 'userId'>,
): never => {
  if (ids.includes(actor.userId)) throw new ServiceError('session_revoked');
  throw new ServiceError(
    'user_not_found',
    issueAt(path, `There is no active user with the id ${ids.join(', ')}`),
  );
};

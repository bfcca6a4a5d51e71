import type { UserRepository } from '../repositories/mysql/users.ts';
import type { Actor } from './actor.ts';
import { ServiceError } from './service-error.ts';

/** Details of an error about one field of the body. */
export const issueAt = (path: string, message: string) => ({ issues: [{ path, message }], detail: message });

/**
 * An access token may be good for a minute after its account has gone: who is no active user must not make a group that
 * nobody could ever manage.
 *
 * @throws ServiceError `user_not_found`, naming those of the ids that are no active users; `session_revoked` when the
 * actor is none
 */
export const assertUsersExist = async (
  ids: readonly number[],
  path: string,
  actor: Pick<Actor, 'userId'>,
  { users }: { readonly users: Pick<UserRepository, 'findActiveIds'> },
): Promise<void> => {
  const active = new Set(await users.findActiveIds([...ids, actor.userId]));
  if (!active.has(actor.userId)) throw new ServiceError('session_revoked');
  const missing = ids.filter((id) => !active.has(id));
  if (missing.length === 0) return;
  throw new ServiceError(
    'user_not_found',
    issueAt(path, `There is no active user with the id ${missing.join(', ')}`),
  );
};

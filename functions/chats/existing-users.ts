import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatsFilledByOthersMax } from './rules.ts';
import { TooManyChatsError } from './stores/chats-per-user.ts';

/**
 * Refuses an action whose users have to be active. The actor may be among those who are not: an access token may be good
 * for a minute after its account has been deactivated.
 *
 * @param ids who is no active user
 * @param path the field of the input that names them
 * @throws ServiceError `session_revoked` when the actor is one of these, else `user_not_found`, naming them
 */
export const refuseNotActive = (
  ids: readonly number[],
  path: string,
  actor: Pick<Actor, 'userId'>,
): never => {
  if (ids.includes(actor.userId)) throw new ServiceError('session_revoked');
  const detail = `There is no active user with the id ${ids.join(', ')}`;
  throw new ServiceError('user_not_found', { path, detail });
};

/**
 * Refuses to put users into a group whom the actor has blocked, or who have blocked the actor. The answer is the same.
 *
 * @throws ServiceError `cannot_add_user`, naming them
 */
export const refuseBlocked = (userIds: readonly number[]): never => {
  throw new ServiceError('cannot_add_user', {
    detail: `You cannot add the user with the id ${userIds.join(', ')}.`,
    userIds,
  });
};

/**
 * Runs an action that puts users into a chat.
 *
 * @param path the field of the input that names them
 * @throws ServiceError `too_many_chats`, naming those who have no room for another
 */
export const withRoomForChats = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TooManyChatsError)) throw error;
    const { userIds, chatsMax } = error;
    throw new ServiceError('too_many_chats', {
      path,
      detail: `A user is in at most ${chatsMax} chats, and is put into another by others only below ${chatsFilledByOthersMax(chatsMax)}: there is no room for the id ${userIds.join(', ')}`,
    });
  }
};

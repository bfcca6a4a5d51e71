import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatsFilledByOthersMax } from './rules.ts';
import { TooManyChatsError } from './stores/chats-per-user.ts';

/**
 * Refuses an action that needs active users. The actor may be among the inactive ones: an access token may stay valid
 * for a minute after its account was deactivated.
 *
 * @param ids the users who are not active
 * @param path the input field that names them
 * @throws ServiceError `session_revoked` when the actor is one of these users, else `user_not_found` with their ids
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
 * Refuses to add users to a group whom the actor has blocked or who have blocked the actor. Both cases get the same
 * response, so that the actor cannot tell them apart.
 *
 * @throws ServiceError `cannot_add_user` with the users' ids
 */
export const refuseBlocked = (userIds: readonly number[]): never => {
  throw new ServiceError('cannot_add_user', {
    detail: `You cannot add the user with the id ${userIds.join(', ')}.`,
    userIds,
  });
};

/** @param path the input field that names the users, if there is one @throws ServiceError `group_full` */
export const refuseFull = (path?: string): never => {
  throw new ServiceError('group_full', {
    path,
    detail: `A group has at most ${limits.group_members} members in all`,
  });
};

/**
 * Runs an action that adds users to a chat.
 *
 * @param path the input field that names the users
 * @throws ServiceError `too_many_chats` with the ids of the users who have reached their limit of chats
 */
export const withRoomForChats = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TooManyChatsError)) throw error;
    const { userIds, chatsMax } = error;
    throw new ServiceError('too_many_chats', {
      path,
      detail: `A user can be in at most ${chatsMax} chats, and others can add a user only below ${chatsFilledByOthersMax(chatsMax)}: there is no room for the id ${userIds.join(', ')}`,
    });
  }
};

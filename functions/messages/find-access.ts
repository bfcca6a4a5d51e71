import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import type { MessageAccess, MessageStore } from './stores/messages.ts';

/**
 * A message that the actor may see, with the state that decides who may change it.
 *
 * @throws ServiceError `message_not_found`
 */
export const findAccess = async (
  actor: Pick<Actor, 'userId'>,
  id: number,
  messages: Pick<MessageStore, 'find'>,
): Promise<MessageAccess> => {
  const access = await messages.find(id, actor.userId);
  if (access === undefined) throw new ServiceError('message_not_found');
  return access;
};

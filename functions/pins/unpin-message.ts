import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changePin, liveEffects, type ChangePinEffects } from './change-pin.ts';

/**
 * Unpins a message, whoever pinned it. Allowed for admins of a group, and for both participants of a direct chat.
 *
 * @returns the message; an event when it was pinned before
 * @throws ServiceError `message_not_found` or `not_group_admin`
 */
export const unpinMessage = async (
  actor: Actor,
  id: number,
  effects: ChangePinEffects = liveEffects,
): Promise<Outcome<null>> => {
  const { events } = await changePin(actor, id, 'unpin', effects);
  return { result: null, events };
};

import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changePin, liveEffects, type ChangePinEffects } from './change-pin.ts';

/**
 * Unpins a message, whoever pinned it; an event when it was pinned. Admins of a group may, and either side of a direct
 * chat.
 *
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

import type { Message } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changePin, liveEffects, type ChangePinEffects } from './change-pin.ts';

/**
 * Pins a message in its chat. Allowed for admins of a group, and for both participants of a direct chat.
 *
 * @returns the message; an event when it was not pinned before
 * @throws ServiceError `message_not_found`, `not_group_admin`, `message_deleted` or `too_many_pins`
 */
export const pinMessage = (
  actor: Actor,
  id: number,
  effects: ChangePinEffects = liveEffects,
): Promise<Outcome<Message>> => changePin(actor, id, 'pin', effects);

import { queueAt } from '../gateways/queue.ts';
import { environmentOf } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { DispatchWork } from './work.ts';

/** What a broadcast has learnt about a message's receivers. */
export interface PushAudience {
  /** Whether any receiver has a device. */
  readonly hasDevices: boolean;
  /** Whether any receiver with a device has no live connection that carries the chat. */
  readonly isAnyAway: boolean;
}

export interface WakeDispatchEffects {
  readonly send: (work: DispatchWork, delaySeconds: number) => Promise<void>;
  readonly holdSeconds: () => number;
}

const liveEffects: WakeDispatchEffects = {
  send: (body, delaySeconds) =>
    queueAt(environmentOf('dispatch-queue').DISPATCH_QUEUE_URL).send([{ body, delaySeconds }]),
  holdSeconds: () => environmentOf('dispatch-queue').PUSH_HOLD_SECONDS,
};

/**
 * Queues the decision about who gets a push for a chat's new messages: at once when a receiver with a device is not
 * connected; after the hold time when all of them are connected; not at all when nobody has a device. Never throws:
 * the job `sweep-dispatch` finds what is lost here.
 */
export const wakeDispatch = async (
  chatId: number,
  { hasDevices, isAnyAway }: PushAudience,
  { send, holdSeconds }: WakeDispatchEffects = liveEffects,
): Promise<void> => {
  if (!hasDevices) return;
  try {
    await send({ type: 'chat', chat_id: chatId }, isAnyAway ? 0 : holdSeconds());
  } catch (error) {
    logger.warn('The dispatch of a chat was not woken', { error: loggedError(error) });
  }
};

import { queueAt } from '../gateways/queue.ts';
import { environmentOf } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { DispatchWork } from './work.ts';

/** What a broadcast has found out about a message's receivers. */
export interface PushAudience {
  /** Whether any of them has a device. */
  readonly hasDevices: boolean;
  /** Whether any of those has no live connection that carries the chat. */
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
 * Has somebody decide who is pushed of a chat's new messages: at once when somebody with a device is away, when all of them
 * have had the time to read otherwise, and not at all when nobody has a device. Never throws: what is lost here is found by
 * the job `sweep-dispatch`.
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

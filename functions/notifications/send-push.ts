import { setTimeout as sleep } from 'node:timers/promises';
import { queueAt, type Queue } from '../gateways/queue.ts';
import { sendPushRequest } from '../gateways/push-request.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { RetryLaterError } from '../platform/retry-later.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { createFcm } from './fcm.ts';
import { allowedHosts } from './push-hosts.ts';
import { createPushKeysReader } from './push-keys.ts';
import type { PushOutcome, PushSender } from './push-sender.ts';
import { createClaimStore, type Claim, type ClaimStore } from './stores/claims.ts';
import { createWebPush } from './web-push.ts';
import type { DispatchWork, PushWork } from './work.ts';

export interface SendPushEffects {
  readonly claims: ClaimStore;
  readonly senders: Readonly<Record<PushWork['kind'], PushSender>>;
  readonly dispatch: Pick<Queue, 'send'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

const keys = createPushKeysReader(() => environmentOf('push-keys').PUSH_KEYS_SECRET_ARN, systemClock);

const liveEffects: SendPushEffects = {
  claims: createClaimStore(dynamodb, () => environmentOf('push-claims').SESSIONS_TABLE),
  senders: {
    web_push: createWebPush({
      send: sendPushRequest,
      keys,
      hosts: allowedHosts,
      subject: () => environmentOf('push-keys').PUSH_SUBJECT,
      clock: systemClock,
    }),
    fcm: createFcm({ send: sendPushRequest, keys, clock: systemClock }),
  },
  dispatch: {
    send: (messages) => queueAt(environmentOf('dispatch-queue').DISPATCH_QUEUE_URL).send(messages),
  },
  metrics,
  clock: systemClock,
  pause: (milliseconds) => sleep(milliseconds),
};

/**
 * How long a claim on a push is held. Longer than the function may run: a claim this old belongs to a function that
 * has died.
 */
const HELD_SECONDS = 20;

/**
 * Pauses before retries of saving the outcome. Together with the push service's timeout of ten seconds they end
 * before the function times out.
 */
const NOTE_PAUSES_MS = [100, 500, 2000];

const ATTEMPTS = 5;

/** Seconds before the second to the fifth attempt, when the service does not say. */
const waitBefore = (attempt: number): number => 3 ** (attempt - 1);
/** Below SQS's maximum visibility timeout of 12 hours. */
const WAIT_MAX_SECONDS = 3600;

const trySending = async (work: PushWork, { senders }: SendPushEffects): Promise<PushOutcome> => {
  try {
    return await senders[work.kind](work);
  } catch (error) {
    // Does not log the endpoint, which is a secret of the device.
    logger.warn('A push service could not be reached', { kind: work.kind, error: loggedError(error) });
    return { outcome: 'later', seconds: null };
  }
};

/**
 * Saves the outcome of a push, with retries while DynamoDB is unavailable: a push without a saved outcome is sent
 * again.
 */
const note = async (
  claim: Claim,
  { claims, pause }: Pick<SendPushEffects, 'claims' | 'pause'>,
): Promise<void> => {
  for (const milliseconds of NOTE_PAUSES_MS) {
    try {
      return await claims.finish(claim);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await pause(milliseconds);
    }
  }
  await claims.finish(claim);
};

/**
 * Queues another decision whether a retried push is still wanted: its message may be deleted or read by now, or its
 * device gone. The dispatch then queues the next attempt.
 *
 * @throws RetryLaterError after the last attempt, until SQS moves the message to the dead-letter queue
 */
const decideAgain = async (work: PushWork, { dispatch }: SendPushEffects): Promise<void> => {
  const { user_id, device_id, chat_id, seq, attempt: attempted } = work;
  if (attempted >= ATTEMPTS) throw new RetryLaterError('The last attempt at a push failed', 1);
  const attempt = attempted + 1;
  await dispatch.send([
    { body: { type: 'again', user_id, device_id, chat_id, seq, attempt } satisfies DispatchWork },
  ]);
};

/**
 * Sends a push exactly once in all but rare cases, however often SQS delivers its message: the push is claimed before
 * sending, and its outcome is saved afterwards. It is sent again only when the function dies, or DynamoDB stays
 * unavailable, between the push service's response and saving the outcome. A redelivered message is not sent but
 * decided on again. See decision 62.
 *
 * @throws RetryLaterError when the message must be delivered again later
 */
export const sendPush = async (
  work: PushWork,
  receiveCount: number,
  effects: SendPushEffects = liveEffects,
): Promise<void> => {
  const { claims, dispatch, metrics, clock } = effects;
  if (receiveCount > 1) return decideAgain(work, effects);
  const claim = { deviceId: work.device_id, chatId: work.chat_id, seq: work.seq };
  const now = epochSeconds(clock());
  const taken = await claims.take(claim, now, now + HELD_SECONDS);
  if (taken === 'done') return;
  if (taken === 'held') throw new RetryLaterError('Somebody else is sending this push', HELD_SECONDS);
  const outcome = await trySending(work, effects);
  switch (outcome.outcome) {
    case 'sent':
      await note(claim, effects);
      metrics({ Pushed: 1 });
      return;
    case 'gone':
      await dispatch.send([
        {
          body: {
            type: 'forget',
            user_id: work.user_id,
            device_id: work.device_id,
            token: work.token,
          } satisfies DispatchWork,
        },
      ]);
      await note(claim, effects);
      return;
    case 'later': {
      await claims.release(claim);
      const seconds = Math.min(WAIT_MAX_SECONDS, outcome.seconds ?? waitBefore(work.attempt));
      throw new RetryLaterError('The push service wants to be asked again', Math.max(1, seconds));
    }
    case 'refused':
      await note(claim, effects);
      metrics({ PushesRefused: 1 });
      logger.error('A push was refused for good', { kind: work.kind, status: outcome.status });
  }
};

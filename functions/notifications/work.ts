import * as z from 'zod';
import { Id } from '../contract/schemas.ts';

/** Messages of the queue `dispatch`. SQS may deliver every message twice. */
export const DispatchWork = z.discriminatedUnion('type', [
  /** Decide who gets a push for a chat's undecided messages. */
  z.object({ type: z.literal('chat'), chat_id: Id }),
  /**
   * Decide once more on these messages for these users, who have had time to read them. A failed push that was held
   * names its device and its attempt.
   */
  z.object({
    type: z.literal('held'),
    chat_id: Id,
    from_seq: z.int(),
    to_seq: z.int(),
    user_ids: z.array(Id),
    device_id: Id.optional(),
    attempt: z.int().optional(),
  }),
  /** Decide once more on one message for one device: its failed push is due for the next attempt. */
  z.object({
    type: z.literal('again'),
    user_id: Id,
    device_id: Id,
    chat_id: Id,
    seq: z.int(),
    attempt: z.int(),
  }),
  /** The push service does not know this device any more. */
  z.object({ type: z.literal('forget'), user_id: Id, device_id: Id, token: z.string() }),
]);
export type DispatchWork = z.infer<typeof DispatchWork>;

/** A message of the queue `push`: one push to one device. SQS may deliver every message twice. */
export const PushWork = z.object({
  user_id: Id,
  device_id: Id,
  chat_id: Id,
  seq: z.int(),
  /** The number of the attempt, from 1. Older messages without it are first attempts. */
  attempt: z.int().default(1),
  kind: z.enum(['web_push', 'fcm']),
  token: z.string(),
  urgency: z.enum(['high', 'normal']),
  /** The topic of the chat on this device: a later push replaces one that has not been delivered. */
  topic: z.string().max(32),
  /** For Web Push, the encrypted payload in base64, which only the device can decrypt; for FCM, the payload's JSON. */
  body: z.string(),
});
export type PushWork = z.infer<typeof PushWork>;

import * as z from 'zod';
import { Id } from '../contract/schemas.ts';

/** What the queue `dispatch` asks for. Every message may come twice. */
export const DispatchWork = z.discriminatedUnion('type', [
  /** Decide who is pushed of a chat's messages on which nobody has decided yet. */
  z.object({ type: z.literal('chat'), chat_id: Id }),
  /** Decide it again, of these messages for these users, who have had the time to read. */
  z.object({
    type: z.literal('held'),
    chat_id: Id,
    from_seq: z.int(),
    to_seq: z.int(),
    user_ids: z.array(Id),
  }),
  /** Decide it again, of one message for one device: a push that failed is due for its next attempt. */
  z.object({
    type: z.literal('again'),
    user_id: Id,
    device_id: Id,
    chat_id: Id,
    seq: z.int(),
    attempt: z.int(),
  }),
  /** The push service knows this device no longer. */
  z.object({ type: z.literal('forget'), user_id: Id, device_id: Id, token: z.string() }),
]);
export type DispatchWork = z.infer<typeof DispatchWork>;

/** What the queue `push` asks for: one push to one device. Every message may come twice. */
export const PushWork = z.object({
  user_id: Id,
  device_id: Id,
  chat_id: Id,
  seq: z.int(),
  /** From 1. What was enqueued before there was a number is a first attempt. */
  attempt: z.int().default(1),
  kind: z.enum(['web_push', 'fcm']),
  token: z.string(),
  urgency: z.enum(['high', 'normal']),
  /** Of the chat on this device: a later push takes the place of one that has not been delivered. */
  topic: z.string().max(32),
  /** For Web Push the encrypted message in base64, which nobody but the device can read; for FCM the payload's JSON. */
  body: z.string(),
});
export type PushWork = z.infer<typeof PushWork>;

import { createHmac } from 'node:crypto';
import { excerptOf } from '../text/excerpt.ts';
import { encryptPayload } from './encrypt-payload.ts';
import type { DeviceRow } from './stores/devices.ts';
import type { PushWork } from './work.ts';

/** The payload that a device receives for a message. */
export interface PushPayload {
  readonly type: 'message';
  readonly chat_id: number;
  readonly id: number;
  readonly seq: number;
  /** Null for a direct chat, which has no name. */
  readonly chat_name: string | null;
  readonly sender_username: string;
  /** The beginning of the text; null when the user has disabled previews or the message has no text. */
  readonly preview: string | null;
  readonly mention: boolean;
  readonly unread_total: number;
}

/** The beginning of a text, for a notification; null when there is no text. */
export const previewOf = (text: string | undefined): string | null => {
  const preview = excerptOf(text ?? '');
  return preview === '' ? null : preview;
};

/**
 * The topic of a chat on one device: 32 characters. For Web Push it is an HMAC keyed with the subscription's `auth`
 * secret, which the push service does not know, so that the service cannot tell who shares a chat. FCM knows its key,
 * the token.
 */
const topicOf = ({ auth, token }: Pick<DeviceRow, 'auth' | 'token'>, chatId: number): string =>
  createHmac('sha256', auth ?? token)
    .update(`chat ${chatId}`)
    .digest('base64url')
    .slice(0, 32);

/** Builds the push of a payload to a device. @param attempt the number of the attempt, from 1 */
export const toPush = (
  device: DeviceRow,
  payload: PushPayload,
  urgency: PushWork['urgency'],
  attempt: number,
): PushWork => {
  const { p256dh, auth } = device;
  const json = JSON.stringify(payload);
  return {
    user_id: device.user_id,
    device_id: device.id,
    chat_id: payload.chat_id,
    seq: payload.seq,
    attempt,
    kind: device.kind,
    token: device.token,
    urgency,
    topic: topicOf(device, payload.chat_id),
    body:
      p256dh === null || auth === null
        ? json
        : encryptPayload(Buffer.from(json), { p256dh, auth }).toString('base64'),
  };
};

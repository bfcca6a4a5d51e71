import jwt from 'jsonwebtoken';
import * as z from 'zod';
import type { SendPushRequest } from '../gateways/push-request.ts';
import { epochSeconds, type Clock } from '../platform/clock.ts';
import type { PushKeys, ServiceAccount } from './push-keys.ts';
import { outcomeOf, type PushOutcome, type PushSender } from './push-sender.ts';
import { PUSH_SECONDS } from './rules.ts';
import type { PushPayload } from './to-push.ts';
import type { PushWork } from './work.ts';

export interface FcmEffects {
  readonly send: SendPushRequest;
  readonly keys: () => Promise<PushKeys>;
  readonly clock: Clock;
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
/** The longest lifetime of an assertion that Google accepts, in seconds. */
const ASSERTION_SECONDS = 3600;
/** An access token is not used in its last minute. */
const MARGIN_SECONDS = 60;

const TokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

/** The data fields for FCM's clients: FCM requires strings. */
const dataOf = (payload: PushPayload): Record<string, string> =>
  Object.fromEntries(
    Object.entries(payload)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, String(value)]),
  );

/** The notification that the phone displays by itself when the app is not running. */
const alertOf = ({ chat_name: chatName, sender_username: sender, preview }: PushPayload) => ({
  title: chatName === null ? sender : `${sender} · ${chatName}`,
  ...(preview === null ? {} : { body: preview }),
});

/** The body of a request in FCM's HTTP v1 API. */
const fcmMessage = ({ token, topic, urgency, body }: PushWork, now: number): object => {
  const payload = JSON.parse(body) as PushPayload;
  const isHigh = urgency === 'high';
  return {
    message: {
      token,
      data: dataOf(payload),
      android: { priority: isHigh ? 'HIGH' : 'NORMAL', ttl: `${PUSH_SECONDS}s`, collapse_key: topic },
      apns: {
        headers: {
          'apns-priority': isHigh ? '10' : '5',
          'apns-expiration': String(now + PUSH_SECONDS),
          'apns-collapse-id': topic,
        },
        payload: {
          aps: {
            alert: alertOf(payload),
            badge: payload.unread_total,
            'thread-id': `chat-${payload.chat_id}`,
            'mutable-content': 1,
          },
        },
      },
    },
  };
};

/**
 * Sends through Firebase Cloud Messaging's HTTP v1 API, which reaches Android and, through APNs, iOS. Requests an
 * access token for the service account once an hour (RFC 7523).
 */
export const createFcm = ({ send, keys, clock }: FcmEffects): PushSender => {
  let token: { readonly of: string; readonly text: string; readonly until: number } | undefined;

  const post = (url: string, headers: Record<string, string>, body: string) =>
    send({ url: new URL(url), mayBePrivate: false, headers, body: Buffer.from(body) });

  const accessToken = async (account: ServiceAccount): Promise<string | PushOutcome> => {
    const now = epochSeconds(clock());
    if (token !== undefined && token.of === account.client_email && token.until > now) return token.text;
    const assertion = jwt.sign(
      {
        iss: account.client_email,
        scope: SCOPE,
        aud: account.token_uri,
        iat: now,
        exp: now + ASSERTION_SECONDS,
      },
      account.private_key,
      { algorithm: 'RS256' },
    );
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    });
    const answer = await post(
      account.token_uri,
      { 'content-type': 'application/x-www-form-urlencoded' },
      form.toString(),
    );
    const outcome = outcomeOf(answer);
    // An error of the token endpoint says nothing about the device.
    if (outcome.outcome === 'gone') return { outcome: 'refused', status: answer.status };
    if (outcome.outcome !== 'sent') return outcome;
    const { access_token: text, expires_in: seconds } = TokenAnswer.parse(JSON.parse(answer.text));
    token = { of: account.client_email, text, until: now + seconds - MARGIN_SECONDS };
    return text;
  };

  return async (work) => {
    const { fcm: account } = await keys();
    if (account === undefined) return { outcome: 'refused', status: 0 };
    const bearer = await accessToken(account);
    if (typeof bearer !== 'string') return bearer;
    const answer = await post(
      `https://fcm.${account.universe_domain}/v1/projects/${account.project_id}/messages:send`,
      { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      JSON.stringify(fcmMessage(work, epochSeconds(clock()))),
    );
    if (answer.status === 401) {
      // A concurrent push may have got a new token since.
      if (token?.text === bearer) token = undefined;
      return { outcome: 'later', seconds: null };
    }
    if (answer.status === 404) {
      // A 404 may also concern the project: only this error code means the device.
      return answer.text.includes('"UNREGISTERED"')
        ? { outcome: 'gone' }
        : { outcome: 'refused', status: answer.status };
    }
    return answer.status === 410 ? { outcome: 'refused', status: answer.status } : outcomeOf(answer);
  };
};

import jwt from 'jsonwebtoken';
import type { SendPushRequest } from '../gateways/push-request.ts';
import { epochSeconds, type Clock } from '../platform/clock.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import { readEndpoint, type AllowedHosts } from './endpoints.ts';
import { fingerprintOf, type PushKeys, type VapidKeys } from './push-keys.ts';
import { outcomeOf, type PushOutcome, type PushSender } from './push-sender.ts';
import { PUSH_SECONDS } from './rules.ts';
import type { PushWork } from './work.ts';

export interface WebPushEffects {
  readonly send: SendPushRequest;
  readonly keys: () => Promise<PushKeys>;
  readonly hosts: () => AllowedHosts;
  /** The contact address of the service's operator, for push services. */
  readonly subject: () => string;
  readonly clock: Clock;
}

/**
 * Lifetime of a VAPID token in seconds, well below the 24 hours that RFC 8292 allows; a new one is signed after half
 * of it.
 */
const TOKEN_SECONDS = 12 * 60 * 60;
/** Bounds the cache: there are few push services and keys. */
const TOKENS_MAX = 100;

/** Sends by Web Push (RFC 8030), authenticated with VAPID (RFC 8292). The body is already encrypted. */
export const createWebPush = ({ send, keys, hosts, subject, clock }: WebPushEffects): PushSender => {
  const tokens = createBoundedCache<string, { readonly token: string; readonly until: number }>(TOKENS_MAX);

  const tokenFor = (audience: string, key: VapidKeys): string => {
    const now = epochSeconds(clock());
    const name = `${audience} ${fingerprintOf(key.private_key)}`;
    const known = tokens.get(name);
    if (known !== undefined && known.until > now) return known.token;
    const claims = { aud: audience, exp: now + TOKEN_SECONDS, sub: subject() };
    const token = jwt.sign(claims, key.private_key, { algorithm: 'ES256', noTimestamp: true });
    tokens.set(name, { token, until: now + TOKEN_SECONDS / 2 });
    return token;
  };

  const attempt = async (work: PushWork, key: VapidKeys): Promise<PushOutcome> => {
    // Checked again here: the allowed hosts may have changed since the device was registered.
    const endpoint = readEndpoint(work.token, hosts());
    if (endpoint === undefined) return { outcome: 'gone' };
    const { url, mayBePrivate } = endpoint;
    const answer = await send({
      url,
      mayBePrivate,
      headers: {
        authorization: `vapid t=${tokenFor(url.origin, key)}, k=${key.public_key}`,
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(PUSH_SECONDS),
        urgency: work.urgency,
        topic: work.topic,
      },
      body: Buffer.from(work.body, 'base64'),
    });
    return outcomeOf(answer);
  };

  return async (work) => {
    const { former, ...current } = await keys();
    const first = await attempt(work, current);
    // The subscription was created with the previous keys.
    const isOfOthers = first.outcome === 'refused' && [401, 403].includes(first.status);
    return isOfOthers && former !== undefined ? attempt(work, former) : first;
  };
};

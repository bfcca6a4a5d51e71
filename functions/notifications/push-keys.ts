import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../platform/clock.ts';
import { readAtMostEvery } from '../platform/read-once.ts';
import { readSecret } from '../platform/secrets.ts';

/** A key pair that authenticates the service to push services (VAPID, RFC 8292). */
const VapidKeys = z.object({
  /** An uncompressed point of P-256 in base64url; clients subscribe with it. */
  public_key: z.string().regex(/^[\w-]{87}$/),
  /** PKCS 8 in PEM. */
  private_key: z.string(),
});
export type VapidKeys = z.infer<typeof VapidKeys>;

/** The fields of a Google Cloud service account that FCM needs. */
export const ServiceAccount = z.object({
  project_id: z.string().regex(/^[\w.:-]+$/),
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url(),
  universe_domain: z.string().default('googleapis.com'),
});
export type ServiceAccount = z.infer<typeof ServiceAccount>;

/** The contents of the secret, as `npm run push-keys` writes it. */
export const PushKeys = VapidKeys.extend({
  /** The previous key pair, with which older subscriptions were created. */
  former: VapidKeys.optional(),
  fcm: ServiceAccount.optional(),
});
export type PushKeys = z.infer<typeof PushKeys>;

/** How long the keys are cached, in milliseconds: a replaced secret is noticed within this time. */
const REMEMBERED_MS = 5 * 60_000;

/** Reads the keys and caches them for a while. */
export const createPushKeysReader = (
  secretId: () => string,
  clock: Clock,
  read: typeof readSecret = readSecret,
): (() => Promise<PushKeys>) =>
  readAtMostEvery(
    async () => {
      const text = await read(secretId());
      if (text === undefined) throw new Error('There are no keys to push with: npm run push-keys');
      return PushKeys.parse(JSON.parse(text));
    },
    REMEMBERED_MS,
    clock,
  );

/** Identifies a key in a cache without exposing the key. */
export const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex');

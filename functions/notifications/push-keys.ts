import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../platform/clock.ts';
import { refreshed } from '../platform/read-once.ts';
import { readSecret } from '../platform/secrets.ts';

/** A pair of keys that proves to push services who sends (RFC 8292). */
const VapidKeys = z.object({
  /** An uncompressed point of P-256 in base64url: what clients subscribe with. */
  public_key: z.string().regex(/^[\w-]{87}$/),
  /** PKCS 8 in PEM. */
  private_key: z.string(),
});
export type VapidKeys = z.infer<typeof VapidKeys>;

/** The fields of a service account of Google Cloud that FCM takes. */
export const ServiceAccount = z.object({
  project_id: z.string().regex(/^[\w.:-]+$/),
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url(),
  universe_domain: z.string().default('googleapis.com'),
});
export type ServiceAccount = z.infer<typeof ServiceAccount>;

/** What the secret holds, as `npm run push-keys` puts it there. */
export const PushKeys = VapidKeys.extend({
  /** The pair before, with which older subscriptions were made. */
  former: VapidKeys.optional(),
  fcm: ServiceAccount.optional(),
});
export type PushKeys = z.infer<typeof PushKeys>;

/** A secret that is replaced is noticed within so long. */
const REMEMBERED_MS = 5 * 60_000;

/** Reads the keys, and remembers them for a while. */
export const createPushKeysReader = (
  secretId: () => string,
  clock: Clock,
  read: typeof readSecret = readSecret,
): (() => Promise<PushKeys>) =>
  refreshed(
    async () => {
      const text = await read(secretId());
      if (text === undefined) throw new Error('There are no keys to push with: npm run push-keys');
      return PushKeys.parse(JSON.parse(text));
    },
    REMEMBERED_MS,
    clock,
  );

/** Names a key in a cache without being it. */
export const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex');

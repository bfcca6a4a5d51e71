import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { ObjectKey } from '../contract/object-prefixes.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import { readOnce } from '../platform/read-once.ts';
import { readSecret } from '../platform/secrets.ts';

/** The secret of a key pair, as `npm run file-keys` creates it. CloudFormation reads the public key. */
const FileKeySecret = z.object({ public_key: z.string().min(1), private_key: z.string().min(1) });

/** The signing key, and CloudFront's id of its public key. */
export interface FileKey {
  readonly id: string;
  readonly privateKey: KeyObject;
}

/** A URL by which anybody can read one object without a token, until it expires. */
export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

/** CloudFront URLs of objects. */
export interface FileUrls {
  /**
   * Signs the URL of an object. All callers within the same hour get the same URL; it is valid for 60 to 120 minutes.
   */
  sign(key: ObjectKey): Promise<SignedUrl>;
}

const HOUR_SECONDS = 60 * 60;

/** How many URLs are cached. A signature takes 0.4 ms of a whole vCPU, hence eight times as long at 512 MB. */
const REMEMBERED = 10_000;

/** CloudFront's variant of base64, without characters that are special in URLs. */
const urlSafe = (signature: Buffer): string =>
  signature.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

/**
 * Signs URLs with CloudFront's canned policy, RSA and SHA-256: the same URL and expiry always have the same
 * signature, whichever function signs, so that a browser finds a file that it has loaded before in its cache. ECDSA
 * signatures, which CloudFront accepts too, differ each time (decision 46).
 *
 * @param baseUrl the distribution's URL, without a trailing slash
 * @see
 *   https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
 */
export const createFileUrls = (
  baseUrl: string,
  readKey: () => Promise<FileKey>,
  clock: Clock = systemClock,
): FileUrls => {
  let hour = 0;
  let remembered = createBoundedCache<string, string>(REMEMBERED);

  return {
    sign: async (key) => {
      const begun = Math.floor(epochSeconds(clock()) / HOUR_SECONDS);
      const expires = (begun + 2) * HOUR_SECONDS;
      if (begun !== hour) {
        hour = begun;
        remembered = createBoundedCache(REMEMBERED);
      }
      // Reading the key may last into the next hour, whose URLs differ: keep the URL in the cache of this call's
      // hour.
      const ofHour = remembered;
      let url = ofHour.get(key);
      if (url === undefined) {
        const { id, privateKey } = await readKey();
        const resource = `${baseUrl}/${key}`;
        const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
        const signature = urlSafe(sign('sha256', Buffer.from(policy), privateKey));
        url = `${resource}?Expires=${expires}&Signature=${signature}&Key-Pair-Id=${id}&Hash-Algorithm=SHA256`;
        ofHour.set(key, url);
      }
      return { url, expiresAt: new Date(expires * 1000) };
    },
  };
};

/** Reads the stage's key once. @throws Error when the secret contains no key */
const stageKey = (): (() => Promise<FileKey>) => {
  const read = async (): Promise<FileKey> => {
    const { FILE_KEY_ID: id, FILE_KEY_SECRET_ARN: arn } = environmentOf('file-urls');
    const { private_key: pem } = FileKeySecret.parse(JSON.parse((await readSecret(arn)) ?? ''));
    return { id, privateKey: createPrivateKey(pem) };
  };
  return readOnce(() =>
    read().catch((error: unknown) => {
      // Without the cause: a parser's message may quote the secret.
      throw new Error('The secret of the key for file URLs cannot be read', {
        cause: error instanceof SyntaxError || error instanceof z.ZodError ? undefined : error,
      });
    }),
  );
};

let urls: FileUrls | undefined;

/** The URLs of this stage's objects. */
export const fileUrls = (): FileUrls =>
  (urls ??= createFileUrls(environmentOf('file-urls').FILES_URL, stageKey()));

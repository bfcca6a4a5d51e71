import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Provider } from '@smithy/types';
import type { AwsLocation } from '../platform/environment.ts';
import { Sha256 } from '../platform/sha256.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';

/** The bucket, and the credentials for its requests. When S3's URL is not AWS's, the bucket is part of the path. */
export interface Bucket extends AwsLocation {
  readonly name: string;
  readonly credentials: Provider<AwsCredentialIdentity>;
}

/** A request for the object with the given key. */
export interface ObjectRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** S3 rejected a request. */
export class ObjectStorageError extends Error {
  override readonly name = 'ObjectStorageError';
  readonly status: number;
  /** S3's error code, such as `AccessDenied`; `''` for a response without a body. */
  readonly code: string;

  constructor(method: string, status: number, code: string) {
    super(`S3 answered ${method} with ${status} ${code}`.trimEnd());
    this.status = status;
    this.code = code;
  }
}

const ATTEMPTS = 3;

/** Timeout of one attempt in milliseconds; the largest object has 25 MiB. */
const TIMEOUT_MS = 10_000;

/** The URL of the bucket, without a trailing slash. Upload forms are posted to it. */
export const bucketUrl = ({ name, region, endpoint }: Bucket): string =>
  endpoint === undefined
    ? `https://${name}.s3.${region}.amazonaws.com`
    : `${endpoint.replace(/\/$/, '')}/${name}`;

/** The signer of the bucket's requests and forms (Signature Version 4). */
export const bucketSigner = ({ region, credentials }: Bucket): SignatureV4 =>
  new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    // S3 signs the path as it was sent; every other service signs an additionally escaped path.
    uriEscapePath: false,
  });

/** A key, escaped for the path of a URL. */
const pathOf = (key: string): string =>
  key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');

/** The error code in the body of S3's response to a rejected request. */
export const codeIn = (xml: string): string => /<Code>(\w+)<\/Code>/.exec(xml)?.[1] ?? '';

/**
 * Sends signed requests to S3 with up to three attempts each: every one of them is idempotent.
 *
 * @returns a function that resolves to S3's 2xx response, whose body the caller must read or cancel. It throws
 *   `ObjectStorageError` when S3 rejects the request, and `StoreUnavailableError` when S3 does not respond, or
 *   responds with 5xx, three times
 */
export const createObjectRequests = (bucket: Bucket): ((request: ObjectRequest) => Promise<Response>) => {
  const signer = bucketSigner(bucket);
  const base = new URL(bucketUrl(bucket));

  const attempt = async ({ method, key, headers = {}, body }: ObjectRequest): Promise<Response> => {
    const path = `${base.pathname.replace(/\/$/, '')}/${pathOf(key)}`;
    const { headers: signed } = await signer.sign({
      method,
      protocol: base.protocol,
      hostname: base.hostname,
      path,
      headers: { host: base.host, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    // `fetch` sets this header by itself.
    delete signed['host'];
    return fetch(`${base.origin}${path}`, {
      method,
      headers: signed,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  };

  return async (request) => {
    let failure: unknown;
    for (let made = 0; made < ATTEMPTS; made += 1) {
      // The same backoff as the SDK's: a random time, up to 100 ms and then up to 200 ms.
      if (made > 0) await sleep(Math.random() * 100 * made);
      try {
        const response = await attempt(request);
        if (response.ok) return response;
        const error = new ObjectStorageError(request.method, response.status, codeIn(await response.text()));
        if (response.status < 500) throw error;
        failure = error;
      } catch (error) {
        if (error instanceof ObjectStorageError) throw error;
        failure = error;
      }
    }
    throw new StoreUnavailableError('s3', failure);
  };
};

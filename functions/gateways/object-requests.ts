import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Provider } from '@smithy/types';
import type { AwsPlace } from '../platform/environment.ts';
import { Sha256 } from '../platform/sha256.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';

/** The bucket, and who asks for its objects. Where S3 has another address than AWS's, the bucket is named in the path. */
export interface Bucket extends AwsPlace {
  readonly name: string;
  readonly credentials: Provider<AwsCredentialIdentity>;
}

/** A request for the bucket, or for the object with the key. */
export interface ObjectRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** S3 refused a request. */
export class ObjectStorageError extends Error {
  override readonly name = 'ObjectStorageError';
  readonly status: number;
  /** S3's own code, such as `AccessDenied`; `''` for an answer without a body. */
  readonly code: string;

  constructor(method: string, status: number, code: string) {
    super(`S3 answered ${method} with ${status} ${code}`.trimEnd());
    this.status = status;
    this.code = code;
  }
}

const ATTEMPTS = 3;

/** Timeout of one attempt: the largest object takes 25 MiB of it. */
const TIMEOUT_MS = 10_000;

/** The address of the bucket, without a slash at its end. Also where forms are posted. */
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
    // S3 signs the path as it was sent; every other service signs it escaped once more.
    uriEscapePath: false,
  });

/** A key as the path of a URL has it. */
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

/** The code in S3's answer to a request that it refused. */
const codeIn = async (response: Response): Promise<string> =>
  /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? '';

/**
 * Sends signed requests to S3, each up to three times: every one of them may be repeated.
 *
 * @returns a function that answers with S3's 2xx, whose body must be read or cancelled, and otherwise throws
 * `ObjectStorageError`, or `StoreUnavailableError` when S3 does not answer, or with 5xx, three times
 */
export const createObjectRequests = (bucket: Bucket): ((request: ObjectRequest) => Promise<Response>) => {
  const signer = bucketSigner(bucket);
  const base = new URL(bucketUrl(bucket));

  const attempt = async ({
    method,
    key,
    query = {},
    headers = {},
    body,
  }: ObjectRequest): Promise<Response> => {
    const path = `${base.pathname.replace(/\/$/, '')}/${key === undefined ? '' : pathOf(key)}`;
    const { headers: signed } = await signer.sign({
      method,
      protocol: base.protocol,
      hostname: base.hostname,
      path,
      query,
      headers: { host: base.host, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    // `fetch` writes it by itself.
    delete signed['host'];
    const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
    return fetch(`${base.origin}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: signed,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  };

  return async (request) => {
    let failure: unknown;
    for (let made = 0; made < ATTEMPTS; made += 1) {
      // As the SDK waits: a random time, up to 100 ms and then up to 200 ms.
      if (made > 0) await sleep(Math.random() * 100 * made);
      try {
        const response = await attempt(request);
        if (response.ok) return response;
        const error = new ObjectStorageError(request.method, response.status, await codeIn(response));
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

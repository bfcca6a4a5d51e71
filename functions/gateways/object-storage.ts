import { fromEnv } from '@aws-sdk/credential-provider-env';
import type { ObjectKey } from '../contract/object-prefixes.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { forEachConcurrently } from '../platform/for-each-concurrently.ts';
import { awsLocation, environmentOf } from '../platform/environment.ts';
import { codeIn, createObjectRequests, ObjectStorageError, type Bucket } from './object-requests.ts';
import { createUploadForms, type Upload, type UploadForm } from './upload-form.ts';

/** How an object is served: CloudFront passes these on as headers. */
export interface ServedAs {
  readonly contentType: string;
  /** `inline`, or `attachment` with the file name for saving. */
  readonly contentDisposition: string;
}

/** An object's metadata, without its bytes. */
export interface StoredObject {
  readonly bytes: number;
  readonly contentType: string;
  /** Identifies the bytes: different bytes have a different ETag. */
  readonly etag: string;
}

/** The stage's objects: bytes under a key. Every operation is idempotent. */
export interface ObjectStorage {
  /** Creates a form by which a client uploads one object; see `createUploadForms`. */
  createUploadForm(upload: Upload): Promise<UploadForm>;
  /** The object with the key, or undefined when there is none. */
  find(key: ObjectKey): Promise<StoredObject | undefined>;
  /**
   * Reads an object, or its first `bytes`.
   *
   * @param etag the expected version: a client may repeat an upload while its form is valid
   * @returns undefined when there is no such object, or it has another version
   */
  read(
    key: ObjectKey,
    options?: { readonly bytes?: number; readonly etag?: string },
  ): Promise<Uint8Array | undefined>;
  put(key: ObjectKey, body: Uint8Array, servedAs: ServedAs): Promise<void>;
  /**
   * Copies an object inside S3.
   *
   * @returns false when the source does not exist, or has another version than `etag`
   */
  copy(from: ObjectKey, to: ObjectKey, servedAs: ServedAs, etag: string): Promise<boolean>;
  /** Removes objects, at most `REMOVALS_AT_ONCE` concurrently; removing an absent one is a no-op. */
  remove(keys: readonly ObjectKey[]): Promise<void>;
}

/** S3 does not charge for DELETE requests, so one request per object costs no more than a bulk request. */
const REMOVALS_AT_ONCE = 16;

/** S3's statuses for an object that is absent, and for one with another version. */
const absent: ReadonlySet<number> = new Set([404, 412]);

/** The response to a request, or undefined when there is no such object. */
const unlessAbsent = async (response: Promise<Response>): Promise<Response | undefined> => {
  try {
    return await response;
  } catch (error) {
    if (error instanceof ObjectStorageError && absent.has(error.status)) return undefined;
    throw error;
  }
};

const servedAsHeaders = ({ contentType, contentDisposition }: ServedAs): Record<string, string> => ({
  'content-type': contentType,
  'content-disposition': contentDisposition,
});

/**
 * Objects in S3, through signed requests of our own: the SDK's client would add 422 KB to each bundle (decision 45).
 * Every operation throws `StoreUnavailableError` when S3 does not respond, and `ObjectStorageError` when S3 rejects
 * it.
 */
export const createObjectStorage = (bucket: Bucket, clock: Clock = systemClock): ObjectStorage => {
  const request = createObjectRequests(bucket);
  const send = async (options: Parameters<typeof request>[0]): Promise<void> => {
    await (await request(options)).body?.cancel();
  };

  return {
    createUploadForm: createUploadForms(bucket, clock),

    find: async (key) => {
      const response = await unlessAbsent(request({ method: 'HEAD', key }));
      return (
        response && {
          bytes: Number(response.headers.get('content-length')),
          contentType: response.headers.get('content-type') ?? '',
          etag: response.headers.get('etag') ?? '',
        }
      );
    },

    read: async (key, { bytes, etag } = {}) => {
      const response = await unlessAbsent(
        request({
          method: 'GET',
          key,
          headers: {
            ...(bytes === undefined ? {} : { range: `bytes=0-${bytes - 1}` }),
            ...(etag === undefined ? {} : { 'if-match': etag }),
          },
        }),
      );
      return response && new Uint8Array(await response.arrayBuffer());
    },

    put: (key, body, servedAs) => send({ method: 'PUT', key, headers: servedAsHeaders(servedAs), body }),

    copy: async (from, to, servedAs, etag) => {
      const response = await unlessAbsent(
        request({
          method: 'PUT',
          key: to,
          headers: {
            ...servedAsHeaders(servedAs),
            'x-amz-copy-source': `/${bucket.name}/${from}`,
            'x-amz-copy-source-if-match': etag,
            'x-amz-metadata-directive': 'REPLACE',
          },
        }),
      );
      if (response === undefined) return false;
      // S3 responds with 200 before it has finished copying, and reports a failure in the body.
      const answer = await response.text();
      if (!answer.includes('<CopyObjectResult')) {
        throw new ObjectStorageError('PUT', response.status, codeIn(answer));
      }
      return true;
    },

    remove: (keys) => forEachConcurrently(REMOVALS_AT_ONCE, keys, (key) => send({ method: 'DELETE', key })),
  };
};

let storage: ObjectStorage | undefined;

/** The objects of this stage. */
export const objectStorage = (): ObjectStorage =>
  (storage ??= createObjectStorage({
    name: environmentOf('upload-forms').FILES_BUCKET,
    ...awsLocation('S3'),
    credentials: fromEnv(),
  }));

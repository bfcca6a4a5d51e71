import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { cors, type Cors } from '../api-gateway/http/cors.ts';
import { closeNow, listen } from '../listening.ts';
import { isDiskFull } from '../is-disk-full.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { isAllowed, refusalOf, type Principals } from '../iam/role-policies.ts';
import { openObjectStore, type ObjectHeaders, type ObjectStore } from './object-store.ts';
import { checkPostPolicy } from './post-policy.ts';
import { receivePost } from './post-upload.ts';
import { S3Error } from './s3-error.ts';
import { sendObject } from './send-object.ts';
import { verifyPolicySignature, verifyRequestSignature } from './signature.ts';

/** A bucket of the templates. */
export interface BucketDefinition {
  readonly name: string;
  readonly arn: string;
  /** Origins of pages that may use the bucket, and the methods they may use. */
  readonly cors?: { readonly allowOrigins: readonly string[]; readonly allowMethods: readonly string[] };
}

export interface S3Options {
  readonly dataDirectory: string;
  readonly buckets: readonly BucketDefinition[];
  readonly region: string;
  readonly host: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly log: (line: string) => void;
  /** The functions, whose requests and forms are checked against the policies of their roles. */
  readonly principals: Principals;
  /** The secret key with which every function signs. A caller with the access key `local` may do anything. */
  readonly secretAccessKey: string;
  /** Allows origins that are not in the templates. */
  readonly allowsOrigin?: (origin: string) => boolean;
  readonly clock?: () => Date;
}

export interface LocalS3 {
  readonly port: number;
  readonly description: string;
  /** The objects of a bucket. @throws Error when there is no such bucket */
  storeOf(bucket: string): ObjectStore;
  /** Replaces the policies by those of another version of the functions. */
  authorize(principals: Principals): void;
  stop(): Promise<void>;
}

/** The access key of the user who runs the local cloud. */
const OPERATOR = 'local';

const BYTES_MAX = 5 * 1024 ** 3;

/**
 * How many bytes of a refused body are read before responding: a client that is still writing may not see the
 * response when its connection is reset.
 */
const DRAINED_BYTES_MAX = 64 * 1024 ** 2;
const DRAIN_MS = 10_000;

interface Bucket extends BucketDefinition {
  readonly store: ObjectStore;
  readonly sharing: Cors;
}

const xmlHeader = '<?xml version="1.0" encoding="UTF-8"?>\n';

const storedHeaders = ({ headers }: IncomingMessage): ObjectHeaders =>
  Object.fromEntries(
    (['content-type', 'content-disposition', 'cache-control'] as const).flatMap((name) =>
      headers[name] === undefined ? [] : [[name, headers[name]]],
    ),
  );

/** @throws S3Error for a key with invalid percent-encoding */
const decodedKey = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
  }
};

/** Reads and discards the rest of a body, up to a limit. */
const drain = async (request: IncomingMessage): Promise<void> => {
  if (request.complete || request.destroyed) return;
  const declared = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (declared > DRAINED_BYTES_MAX) return;
  const ended = new Promise<void>((resolve) => {
    request.once('end', resolve).once('close', resolve);
  });
  request.resume();
  await waitAtMost(ended, DRAIN_MS);
};

/**
 * S3 for one machine: the requests of the functions, and forms, in the buckets of the templates. Signatures,
 * policies, permissions and sizes are checked as in S3; bucket names are part of the path. Unsupported features of S3
 * are rejected.
 */
export const startS3 = async (options: S3Options): Promise<LocalS3> => {
  const { region, log, secretAccessKey, clock = () => new Date() } = options;
  let { principals } = options;
  const buckets = new Map<string, Bucket>(
    options.buckets.map((definition) => [
      definition.name,
      {
        ...definition,
        store: openObjectStore(join(options.dataDirectory, definition.name), log),
        sharing: cors(
          {
            allowOrigins: [...(definition.cors?.allowOrigins ?? [])],
            allowMethods: [...(definition.cors?.allowMethods ?? [])],
            allowHeaders: ['*'],
          },
          definition.cors === undefined ? undefined : options.allowsOrigin,
        ),
      },
    ]),
  );
  const secretOf = (accessKeyId: string): string | undefined =>
    accessKeyId === OPERATOR || principals.has(accessKeyId) ? secretAccessKey : undefined;
  const may = (accessKeyId: string, action: string, resource: string): boolean => {
    const principal = principals.get(accessKeyId);
    return principal === undefined || isAllowed(principal.statements, { action, resource });
  };
  /** @throws S3Error when the signer has no permission for it */
  const assertMay = (accessKeyId: string, action: string, resource: string): void => {
    const principal = principals.get(accessKeyId);
    if (principal === undefined || may(accessKeyId, action, resource)) return;
    throw new S3Error('AccessDenied', refusalOf(principal, { action, resource }));
  };

  const postForm = async (
    request: IncomingMessage,
    response: ServerResponse,
    bucket: Bucket,
  ): Promise<void> => {
    const object = await receivePost(request, bucket.store, (fields) => {
      if (!fields.has('policy')) throw new S3Error('AccessDenied', 'Access Denied');
      const accessKeyId = verifyPolicySignature(fields, region, secretOf);
      const allowed = checkPostPolicy(fields, bucket.name, clock());
      assertMay(accessKeyId, 's3:PutObject', `${bucket.arn}/${allowed.key}`);
      return allowed;
    });
    response.writeHead(204, { etag: object.etag }).end();
  };

  /**
   * @returns the object. @throws S3Error the error that S3 has for an absent object, depending on the permission to
   *   list the bucket
   */
  const existing = (bucket: Bucket, key: string, accessKeyId: string) => {
    assertMay(accessKeyId, 's3:GetObject', `${bucket.arn}/${key}`);
    const object = bucket.store.find(key);
    if (object !== undefined) return object;
    if (!may(accessKeyId, 's3:ListBucket', bucket.arn)) throw new S3Error('AccessDenied', 'Access Denied');
    throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  };

  const copy = async (
    request: IncomingMessage,
    response: ServerResponse,
    bucket: Bucket,
    key: string,
    accessKeyId: string,
  ): Promise<void> => {
    const [, name = '', from = ''] =
      /^\/?([^/]+)\/(.+)$/s.exec(decodedKey(String(request.headers['x-amz-copy-source']))) ?? [];
    const source = buckets.get(name);
    if (source === undefined) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    if (request.headers['x-amz-metadata-directive'] !== 'REPLACE') {
      throw new S3Error('NotImplemented', 'The local S3 copies with x-amz-metadata-directive: REPLACE');
    }
    const object = existing(source, from, accessKeyId);
    const wanted = request.headers['x-amz-copy-source-if-match'];
    if (wanted !== undefined && wanted !== object.etag) {
      throw new S3Error(
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
      );
    }
    const { changedAt, etag } = await bucket.store.copy(object, key, storedHeaders(request));
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      `${xmlHeader}<CopyObjectResult><LastModified>${changedAt}</LastModified><ETag>${etag.replaceAll('"', '&quot;')}</ETag></CopyObjectResult>`,
    );
  };

  const put = async (
    request: IncomingMessage,
    response: ServerResponse,
    bucket: Bucket,
    key: string,
    bodySha256: string | undefined,
  ): Promise<void> => {
    if (request.headers['content-length'] === undefined) {
      throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
    }
    const received = await bucket.store.receive(request, BYTES_MAX);
    if (bodySha256 !== undefined && bodySha256 !== received.sha256) {
      await received.discard();
      throw new S3Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    const { etag } = await received.keep(key, storedHeaders(request));
    response.writeHead(200, { etag }).end();
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const [path = '', search = ''] = url.split('?', 2);
    const [, name = '', encodedKey = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
    const bucket = buckets.get(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    if (bucket.sharing.isPreflight(method, headers)) {
      const allowed = bucket.sharing.preflightHeaders(headers);
      if (Object.keys(allowed).length === 0) {
        throw new S3Error('AccessDenied', 'CORSResponse: This CORS request is not allowed.');
      }
      response.writeHead(200, { ...allowed, vary: 'origin' }).end();
      return;
    }
    const shared: Record<string, string> = {};
    bucket.sharing.apply(shared, headers.origin);
    for (const [header, value] of Object.entries({ ...shared, vary: 'origin' })) {
      response.setHeader(header, value);
    }
    if (method === 'POST' && encodedKey === '' && search === '') {
      await postForm(request, response, bucket);
      return;
    }

    const { accessKeyId, bodySha256 } = verifyRequestSignature(
      { method, url, headers },
      region,
      secretOf,
      clock(),
    );
    const key = decodedKey(encodedKey);
    const query = new URLSearchParams(search);
    if (key === '' || query.size > 0) {
      const what = key === '' ? 'requests for buckets' : `?${[...query.keys()].join('&')}`;
      throw new S3Error('NotImplemented', `The local S3 does not know ${what}`);
    } else if (method === 'GET' || method === 'HEAD') {
      await sendObject(request, response, bucket.store, existing(bucket, key, accessKeyId));
    } else if (method === 'PUT') {
      assertMay(accessKeyId, 's3:PutObject', `${bucket.arn}/${key}`);
      if (headers['x-amz-copy-source'] !== undefined) await copy(request, response, bucket, key, accessKeyId);
      else await put(request, response, bucket, key, bodySha256);
    } else if (method === 'DELETE') {
      assertMay(accessKeyId, 's3:DeleteObject', `${bucket.arn}/${key}`);
      await bucket.store.remove(key);
      response.writeHead(204).end();
    } else {
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  };

  const refuse = async (
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
  ): Promise<void> => {
    if (isDiskFull(error)) log('S3: an object was not stored: the disk is full');
    else if (!(error instanceof S3Error) && !request.destroyed) log(`S3: ${String(error)}`);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const known =
      error instanceof S3Error
        ? error
        : new S3Error('InternalError', 'We encountered an internal error. Please try again.');
    await drain(request);
    response.writeHead(known.status, {
      'content-type': 'application/xml',
      ...(request.complete ? {} : { connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : known.toXml());
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) =>
      refuse(request, response, error).catch(() => response.destroy()),
    );
  });
  const port = await listen(server, options.port ?? 0, options.host);

  return {
    port,
    description: `S3: files in ${options.dataDirectory}, port ${port}`,
    storeOf: (name) => {
      const bucket = buckets.get(name);
      if (bucket === undefined) throw new Error(`There is no bucket ${name}`);
      return bucket.store;
    },
    authorize: (authorized) => {
      principals = authorized;
    },
    stop: () => closeNow(server),
  };
};

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { LocalObject, ObjectStore } from './object-store.ts';
import { S3Error } from './s3-error.ts';

/** A range of an object's bytes; both ends are included. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that a request asks for; undefined for the whole object, also when the header has several ranges or is
 * invalid.
 *
 * @throws S3Error `InvalidRange` for a range that begins after the object's end
 */
const rangeOf = (header: string | undefined, bytes: number): ByteRange | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const range =
    first === ''
      ? { start: Math.max(0, bytes - Number(last)), end: bytes - 1 }
      : { start: Number(first), end: last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) };
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (range.start >= bytes) throw new S3Error('InvalidRange', 'The requested range is not satisfiable');
  return range;
};

const listed = (header: string, etag: string): boolean =>
  header === '*' || header.split(/\s*,\s*/).some((one) => one.replace(/^W\//, '') === etag);

/**
 * Responds to GET and HEAD for an object: conditions, a range, and the bytes as they are read from disk.
 *
 * @throws S3Error `PreconditionFailed`, `InvalidRange` or `NoSuchKey`, before anything of the response was sent
 */
export const sendObject = async (
  request: IncomingMessage,
  response: ServerResponse,
  store: ObjectStore,
  object: LocalObject,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const {
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
    'if-modified-since': ifModifiedSince,
    'if-range': ifRange,
  } = request.headers;
  const lastModified = new Date(object.changedAt).toUTCString();
  const described = {
    ...object.headers,
    ...headers,
    etag: object.etag,
    'last-modified': lastModified,
    'accept-ranges': 'bytes',
  };
  if (ifMatch !== undefined && !listed(ifMatch, object.etag)) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  const unchanged =
    ifNoneMatch === undefined
      ? ifModifiedSince !== undefined && Date.parse(ifModifiedSince) >= Date.parse(lastModified)
      : listed(ifNoneMatch, object.etag);
  if (unchanged) {
    response.writeHead(304, described).end();
    return;
  }
  const rangeCounts = ifRange === undefined || ifRange === object.etag || ifRange === lastModified;
  const range = rangeCounts ? rangeOf(request.headers.range, object.bytes) : undefined;
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  const file = await store.open(object);
  try {
    response.writeHead(range === undefined ? 200 : 206, {
      'content-type': 'binary/octet-stream',
      ...described,
      'content-length': end - start + 1,
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${object.bytes}` }),
    });
    if (request.method === 'HEAD' || object.bytes === 0) response.end();
    else await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
  } finally {
    await file.close();
  }
};

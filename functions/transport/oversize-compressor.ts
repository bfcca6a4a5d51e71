import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ServiceError } from '../contract/service-error.ts';
import type { Middleware } from './http-middleware.ts';

/**
 * Maximum bytes of a body. Lambda's responses are limited to 6 MB of JSON, which contains the body as a string: its
 * quotes and escapes are escaped once more. The rest of the response, mostly headers, takes a few KB.
 */
const BODY_BYTES_MAX = 6 * 1024 * 1024 - 64 * 1024;

/** A character of JSON takes at most three bytes, including its escape. */
const BYTES_PER_UNIT = 3;

const compress = promisify(gzip);

/** Whether the client accepts gzip (RFC 9110, section 12.5.3). */
const takesGzip = (acceptEncoding = ''): boolean =>
  acceptEncoding
    .split(',')
    .some((coding) => /^\s*(?:gzip|\*)\s*(?:;(?!\s*q=0(?:\.0*)?\s*$).*)?$/i.test(coding));

const isTooLarge = (body: string): boolean =>
  body.length * BYTES_PER_UNIT > BODY_BYTES_MAX && Buffer.byteLength(JSON.stringify(body)) > BODY_BYTES_MAX;

/**
 * Compresses a response that exceeds Lambda's limit. A page of a hundred of the longest messages may exceed it, when
 * they have files or consist of characters that JSON escapes; gzip shrinks it to a fraction.
 *
 * Throws ServiceError `validation_failed` when the client does not accept gzip.
 */
export const oversizeCompressor = (): Middleware => ({
  after: async (request) => {
    const { event, response } = request;
    const body = response?.body;
    if (body === undefined || !isTooLarge(body)) return;
    if (!takesGzip(event.headers['accept-encoding'])) {
      const detail = 'So many are more than an answer holds: ask for fewer, or send Accept-Encoding: gzip';
      throw new ServiceError('validation_failed', { detail, issues: [{ path: 'limit', message: detail }] });
    }
    request.response = {
      ...response,
      headers: { ...response?.headers, 'content-encoding': 'gzip' },
      body: (await compress(body)).toString('base64'),
      isBase64Encoded: true,
    };
  },
});

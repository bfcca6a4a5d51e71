import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './s3-error.ts';

/** Returns the secret of an access key; undefined for an unknown key. */
export type SecretOf = (accessKeyId: string) => string | undefined;

/** The maximum difference between a request's time and the server's, in milliseconds. */
const SKEW_MS = 15 * 60 * 1000;

const UNSIGNED = 'UNSIGNED-PAYLOAD';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The credential scope: access key, date, region and service: `AKIA…/20261126/eu-central-1/s3/aws4_request`. */
interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
}

/** @throws S3Error for an invalid format, or another region or service */
const scopeOf = (credential: string, region: string): Scope => {
  const match = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(credential);
  if (match === null || match[3] !== region) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      `The credential must be <key>/<date>/${region}/s3/aws4_request`,
    );
  }
  return { accessKeyId: match[1] ?? '', date: match[2] ?? '', region };
};

/** Parses a time such as `20261126T214924Z`. @throws S3Error for an invalid format */
const timeOf = (amzDate: string): Date => {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(amzDate) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) throw new S3Error('InvalidArgument', 'X-Amz-Date must be a time');
  return time;
};

/** @throws S3Error for an unknown access key, or a wrong signature */
const assertSigned = (scope: Scope, text: string, signature: string, secretOf: SecretOf): void => {
  const secret = secretOf(scope.accessKeyId);
  if (secret === undefined) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of [scope.date, scope.region, 's3', 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  const own = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(signature) ? signature : '', 'hex');
  if (given.length !== own.length || !timingSafeEqual(own, given)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
};

/**
 * Verifies the signature of a form's policy.
 *
 * @param fields the form's fields, by their names in lower case
 * @returns the access key that signed
 * @throws S3Error
 */
export const verifyPolicySignature = (
  fields: ReadonlyMap<string, string>,
  region: string,
  secretOf: SecretOf,
): string => {
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined)
      throw new S3Error('InvalidArgument', `Bucket POST must contain a field named '${name}'.`);
    return value;
  };
  if (field('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new S3Error('InvalidArgument', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  const scope = scopeOf(field('x-amz-credential'), region);
  timeOf(field('x-amz-date'));
  if (!field('x-amz-date').startsWith(scope.date)) {
    throw new S3Error('InvalidArgument', 'X-Amz-Date must be of the day in X-Amz-Credential');
  }
  assertSigned(scope, field('policy'), field('x-amz-signature'), secretOf);
  return scope.accessKeyId;
};

/** A request as it arrived. */
export interface SignedRequest {
  readonly method: string;
  /** The path and the query, percent-encoded as they were sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The signer of a request, and the expected hash of its body. */
export interface Signer {
  readonly accessKeyId: string;
  /** The SHA-256 of the body in hexadecimal digits, or undefined when the body is not signed. */
  readonly bodySha256: string | undefined;
}

const canonicalQuery = (search: string): string =>
  [...new URLSearchParams(search)]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Verifies the signature in the header `Authorization`, except for the body, which the caller hashes while it
 * arrives.
 *
 * @throws S3Error
 */
export const verifyRequestSignature = (
  { method, url, headers }: SignedRequest,
  region: string,
  secretOf: SecretOf,
  now: Date,
): Signer => {
  const header = (name: string): string => [headers[name] ?? ''].flat().join(',');
  const [, credential, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([^,\s]+)$/.exec(
      header('authorization'),
    ) ?? [];
  if (credential === undefined || names === undefined || signature === undefined) {
    throw new S3Error('AccessDenied', 'Access Denied');
  }
  const scope = scopeOf(credential, region);
  const amzDate = header('x-amz-date');
  if (Math.abs(timeOf(amzDate).getTime() - now.getTime()) > SKEW_MS || !amzDate.startsWith(scope.date)) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  const signed = names.split(';');
  const unsigned = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (unsigned !== undefined || !signed.includes('host')) {
    throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed');
  }
  const hash = header('x-amz-content-sha256');
  if (hash !== UNSIGNED && !/^[0-9a-f]{64}$/.test(hash)) {
    throw new S3Error('InvalidArgument', `x-amz-content-sha256 must be ${UNSIGNED} or a SHA-256`);
  }
  const [path = '', search = ''] = url.split('?', 2);
  const canonical = [
    method,
    path,
    canonicalQuery(search),
    ...signed.map((name) => `${name}:${header(name).trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    hash,
  ].join('\n');
  const text = [
    'AWS4-HMAC-SHA256',
    amzDate,
    credential.slice(credential.indexOf('/') + 1),
    sha256(canonical),
  ].join('\n');
  assertSigned(scope, text, signature, secretOf);
  return { accessKeyId: scope.accessKeyId, bodySha256: hash === UNSIGNED ? undefined : hash };
};

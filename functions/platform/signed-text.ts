import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { amzTime } from './amz-time.ts';

/** An AWS service, as signatures and requests name it. */
export interface SigningScope {
  /** The service's name in signatures, such as `dynamodb`. */
  readonly service: string;
  readonly region: string;
  /** The value of the header `host`; includes the port unless it is the protocol's default. */
  readonly host: string;
}

/** A `POST` request; the path is percent-encoded. */
export interface PostRequest {
  readonly path: string;
  /** The names must be in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The parts of a signed request that are shared by all requests of the same second that differ only in their path. */
interface Common {
  readonly headers: PostRequest['headers'];
  readonly body: string;
  readonly credentials: AwsCredentialIdentity;
  readonly second: number;
  /** The header lines without `authorization`. */
  readonly headerLines: string;
  /** The canonical request after its path. */
  readonly canonicalRest: string;
  /** The string to sign, up to the hash of the canonical request. */
  readonly textStart: string;
  /** The header `authorization`, up to the signature. */
  readonly authorizationStart: string;
  readonly key: KeyObject;
}

const sha256 = (text: string): string => hash('sha256', text);

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** A path in the canonical request's form: its percent-encoding is encoded once more. */
const escaped = (path: string): string =>
  path.replaceAll(/[^\w\-.~/]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Writes requests to an AWS service, signed by Signature Version 4. A frame goes to every connection of a chat in
 * requests that differ only in their path: their shared parts are computed once.
 *
 * @returns a function that returns the text of an HTTP/1.1 request
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signedTextsFor = ({
  service,
  region,
  host,
}: SigningScope): ((request: PostRequest, credentials: AwsCredentialIdentity, nowMs: number) => string) => {
  let signingKey: { readonly secret: string; readonly day: string; readonly key: KeyObject } | undefined;
  let last: Common | undefined;

  const keyOf = (secret: string, day: string): KeyObject => {
    if (signingKey?.secret !== secret || signingKey.day !== day) {
      const derived = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
      signingKey = { secret, day, key: createSecretKey(derived as Buffer) };
    }
    return signingKey.key;
  };

  const commonOf = (
    headers: PostRequest['headers'],
    body: string,
    credentials: AwsCredentialIdentity,
    second: number,
  ): Common => {
    const time = amzTime(new Date(second * 1000));
    const day = time.slice(0, 8);
    const bodyHash = sha256(body);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const all: PostRequest['headers'] = {
      ...headers,
      host,
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-content-sha256': bodyHash,
      'x-amz-date': time,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(all).toSorted();
    let headerLines = '';
    let canonicalLines = '';
    for (const name of names) {
      headerLines += `${name}: ${all[name]}\r\n`;
      canonicalLines += `${name}:${all[name]}\n`;
    }
    const signedNames = names.join(';');
    const scope = `${day}/${region}/${service}/aws4_request`;
    return {
      headers,
      body,
      credentials,
      second,
      headerLines,
      canonicalRest: `\n\n${canonicalLines}\n${signedNames}\n${bodyHash}`,
      textStart: `AWS4-HMAC-SHA256\n${time}\n${scope}\n`,
      authorizationStart: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=`,
      key: keyOf(secretAccessKey, day),
    };
  };

  return ({ path, headers, body }, credentials, nowMs) => {
    const second = Math.floor(nowMs / 1000);
    const isAsLast =
      last?.body === body &&
      last.second === second &&
      last.headers === headers &&
      last.credentials === credentials;
    const common = isAsLast && last !== undefined ? last : commonOf(headers, body, credentials, second);
    last = common;
    const { headerLines, canonicalRest, textStart, authorizationStart, key } = common;
    const canonical = `POST\n${escaped(path)}${canonicalRest}`;
    const signature = createHmac('sha256', key)
      .update(textStart + sha256(canonical))
      .digest('hex');
    return `POST ${path} HTTP/1.1\r\n${headerLines}authorization: ${authorizationStart}${signature}\r\n\r\n${body}`;
  };
};

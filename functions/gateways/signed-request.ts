import { fromEnv } from '@aws-sdk/credential-provider-env';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../platform/sha256.ts';

/** An AWS service, as its requests are signed and sent. */
export interface AwsService {
  /** The name that signatures have, such as `lambda`. */
  readonly name: string;
  readonly region: string;
  /** Such as `https://lambda.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
}

/** A `POST` of JSON, unless its headers say otherwise. The path is percent-encoded. */
export interface SignedRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
}

/**
 * Sends requests to an AWS service that this application has a request or two for, signed by hand (Signature Version 4) with the
 * credentials of the environment: the SDK's client of a service is 200 to 300 KB. Makes one attempt.
 *
 * @returns a function that throws `fetch`'s errors
 */
export const signedRequestsTo = ({
  name,
  region,
  endpoint,
}: AwsService): ((request: SignedRequest) => Promise<Response>) => {
  const base = new URL(endpoint);
  const signer = new SignatureV4({ service: name, region, credentials: fromEnv(), sha256: Sha256 });
  return async ({ path, headers: more = {}, body, timeoutMs }) => {
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: base.protocol,
      hostname: base.hostname,
      path,
      headers: { host: base.host, 'content-type': 'application/json', ...more },
      body,
    });
    // `fetch` writes it by itself.
    delete headers['host'];
    return fetch(`${base.origin}${path}`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
  };
};

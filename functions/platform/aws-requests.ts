import type { AwsCredentialIdentity } from '@smithy/types';
import { systemClock } from './clock.ts';
import { httpConnectionsTo, type HttpAnswer, type HttpServer } from './http-connections.ts';
import { signedTextsFor, type PostRequest } from './signed-text.ts';

/** Options for signing and sending requests to a service. */
export interface AwsRequestOptions extends Pick<
  HttpServer,
  'maxConnections' | 'connectTimeoutMs' | 'answerTimeoutMs'
> {
  /** The service's name in signatures. */
  readonly service: string;
}

/** Shorter than the idle timeout of AWS's services. */
const KEPT_IDLE_MS = 20_000;

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;

/**
 * Sends signed requests to an AWS service over its own connections, one attempt each. See decision 74.
 *
 * @param url the service's endpoint; paths are relative to it
 * @returns a function that throws when the connection fails or times out
 */
export const awsRequestsTo = (
  url: URL,
  region: string,
  { service, ...limits }: AwsRequestOptions,
): ((request: PostRequest, credentials: AwsCredentialIdentity) => Promise<HttpAnswer>) => {
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
  const write = signedTextsFor({ service, region, host: url.host });
  // A URL encloses an IPv6 address in brackets.
  const hostname = url.hostname.replaceAll(/^\[|\]$/g, '');
  const ask = httpConnectionsTo({ protocol, hostname, port, keptIdleMs: KEPT_IDLE_MS, ...limits });
  const base = url.pathname.replace(/\/$/, '');
  return ({ path, headers, body }, credentials) =>
    ask(write({ path: base + path, headers, body }, credentials, systemClock().getTime()));
};

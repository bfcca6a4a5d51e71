import { setTimeout as sleep } from 'node:timers/promises';
import {
  getEndpointFromInstructions,
  type EndpointParameterInstructionsSupplier,
} from '@smithy/core/endpoints';
import type { AwsCredentialIdentity } from '@smithy/types';
import { systemClock } from './clock.ts';
import { httpConnectionsTo, type HttpAnswer, type HttpServer } from './http-connections.ts';
import { signedTextsFor, type PostRequest } from './signed-text.ts';

/** The parts of an AWS SDK client that a direct request uses. */
interface SdkClient {
  readonly config: {
    credentials(): Promise<AwsCredentialIdentity>;
    region(): Promise<string>;
  };
}

/** How direct requests are sent. */
export interface DirectOptions extends Pick<
  HttpServer,
  'maxConnections' | 'connectTimeoutMs' | 'answerTimeoutMs'
> {
  /** The service's name in signatures. */
  readonly service: string;
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;

/**
 * Sends requests with an SDK client's endpoint and credentials, but without its middleware, which is two thirds of the cost
 * of a small request, and over connections of its own. Makes one attempt; the caller repeats a failed one through the SDK.
 * See decisions 16 and 74.
 *
 * @param command any command of the client: it has the rules that determine the endpoint
 * @returns a function that throws when the connection fails or answers too late. Paths are relative to the endpoint
 */
export const directlyBy = (
  client: SdkClient,
  command: EndpointParameterInstructionsSupplier,
  { service, ...limits }: DirectOptions,
): ((request: PostRequest) => Promise<HttpAnswer>) => {
  const open = async () => {
    const [{ url }, region] = await Promise.all([
      getEndpointFromInstructions({}, command, client.config),
      client.config.region(),
    ]);
    const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
    const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
    return {
      write: signedTextsFor({ service, region, host: url.host }),
      ask: httpConnectionsTo({ protocol, hostname: url.hostname, port, ...limits }),
      base: url.pathname.replace(/\/$/, ''),
    };
  };
  let opening: ReturnType<typeof open> | undefined;

  return async ({ path, headers, body }) => {
    const { write, ask, base } = await (opening ??= open());
    // The provider remembers them until they expire.
    const credentials = await client.config.credentials();
    return ask(write({ path: base + path, headers, body }, credentials, systemClock().getTime()));
  };
};

/** Waits before the SDK's attempt as the SDK waits before a retry: a random time up to 100 ms. */
export const backOff = (): Promise<void> => sleep(Math.random() * 100);

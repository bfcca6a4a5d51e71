import { setTimeout as sleep } from 'node:timers/promises';
import {
  getEndpointFromInstructions,
  type EndpointParameterInstructionsSupplier,
} from '@smithy/core/endpoints';
import type { AwsCredentialIdentity } from '@smithy/types';
import { awsRequestsTo, type AwsRequestOptions } from './aws-requests.ts';
import type { HttpAnswer } from './http-connections.ts';
import type { PostRequest } from './signed-text.ts';

/** The parts of an AWS SDK client that a direct request uses. */
interface SdkClient {
  readonly config: {
    credentials(): Promise<AwsCredentialIdentity>;
    region(): Promise<string>;
  };
}

/**
 * Sends requests with an SDK client's endpoint and credentials, but without its middleware, which takes two thirds of
 * the CPU time of a small request. Makes one attempt; the caller retries a failed one through the SDK. See decision
 * 16.
 *
 * @param command any command of the client: it carries the rules that determine the endpoint
 * @returns the same kind of function as `awsRequestsTo`
 */
export const createDirectRequests = (
  client: SdkClient,
  command: EndpointParameterInstructionsSupplier,
  options: AwsRequestOptions,
): ((request: PostRequest) => Promise<HttpAnswer>) => {
  const open = async () => {
    const [{ url }, region] = await Promise.all([
      getEndpointFromInstructions({}, command, client.config),
      client.config.region(),
    ]);
    return awsRequestsTo(url, region, options);
  };
  let opening: ReturnType<typeof open> | undefined;
  let sendAtOnce: ((request: PostRequest) => Promise<HttpAnswer>) | undefined;

  const prepareAndSend = async (request: PostRequest): Promise<HttpAnswer> => {
    const send = await (opening ??= open());
    // The provider caches them until they expire; those in a function's environment never do.
    const credentials = await client.config.credentials();
    if (credentials.expiration === undefined) sendAtOnce = (later) => send(later, credentials);
    return send(request, credentials);
  };

  return (request) => (sendAtOnce ?? prepareAndSend)(request);
};

/** The backoff before the SDK's attempt, as before an SDK retry: a random time up to 100 ms. */
export const backOff = (): Promise<void> => sleep(Math.random() * 100);

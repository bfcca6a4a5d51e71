import { fromEnv } from '@aws-sdk/credential-provider-env';
import { awsRequestsTo } from '../platform/aws-requests.ts';
import type { HttpAnswer } from '../platform/http-connections.ts';
import type { PostRequest } from '../platform/signed-text.ts';

/** An AWS service, and how long to wait for its answers. */
export interface AwsService {
  /** The name that signatures have, such as `lambda`. */
  readonly name: string;
  readonly region: string;
  /** Such as `https://lambda.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly answerTimeoutMs: number;
}

/** More than an environment of Lambda, which serves one event at a time, has under way. */
const MAX_CONNECTIONS = 50;
const CONNECT_TIMEOUT_MS = 1000;

/**
 * Sends requests to an AWS service that this application has a request or two for, signed with the credentials of the
 * environment: the SDK's client of a service is 200 to 300 KB. Makes one attempt.
 *
 * @returns a function that throws when the connection fails or answers too late; the request may have been carried out then
 */
export const signedRequestsTo = ({
  name,
  region,
  endpoint,
  answerTimeoutMs,
}: AwsService): ((request: PostRequest) => Promise<HttpAnswer>) => {
  const send = awsRequestsTo(new URL(endpoint), region, {
    service: name,
    maxConnections: MAX_CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs,
  });
  const credentials = fromEnv();
  return async (request) => send(request, await credentials());
};

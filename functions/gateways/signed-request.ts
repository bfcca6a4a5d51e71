import { fromEnv } from '@aws-sdk/credential-provider-env';
import { awsRequestsTo } from '../platform/aws-requests.ts';
import type { HttpAnswer } from '../platform/http-connections.ts';
import type { PostRequest } from '../platform/signed-text.ts';

/** An AWS service, and the timeout of its responses. */
export interface AwsService {
  /** The service's name in signatures, such as `lambda`. */
  readonly name: string;
  readonly region: string;
  /** Such as `https://lambda.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly answerTimeoutMs: number;
}

/** More than a Lambda execution environment, which handles one event at a time, has in flight. */
const MAX_CONNECTIONS = 50;
const CONNECT_TIMEOUT_MS = 1000;

/**
 * Sends signed requests to an AWS service of which the application uses only one or two operations, with the
 * credentials from the environment: the SDK's client of one service adds 200 to 300 KB. Makes one attempt.
 *
 * @returns a function that throws when the connection fails or times out; the service may have executed the request
 *   nevertheless
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

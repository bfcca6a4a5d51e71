import type { HttpAnswer } from '../platform/http-connections.ts';
import type { AwsLocation } from '../platform/environment.ts';
import { signedRequestsTo } from './signed-request.ts';

/** A Lambda function, and the timeout of its responses. */
export interface LambdaFunction extends AwsLocation {
  readonly functionName: string;
  readonly answerTimeoutMs: number;
}

/**
 * Lambda's `Invoke` of a function by name; with the invocation type `Event`, Lambda does not wait for the function's
 * result.
 */
export const lambdaFunction = (
  { functionName, region, endpoint, answerTimeoutMs }: LambdaFunction,
  type: 'RequestResponse' | 'Event' = 'RequestResponse',
): ((event: object) => Promise<HttpAnswer>) => {
  const send = signedRequestsTo({
    name: 'lambda',
    region,
    endpoint: endpoint ?? `https://lambda.${region}.amazonaws.com`,
    answerTimeoutMs,
  });
  const path = `/2015-03-31/functions/${functionName}/invocations`;
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': type };
  return (event) => send({ path, headers, body: JSON.stringify(event) });
};

import { signedRequestsTo, type SignedRequest } from './signed-request.ts';

/**
 * Lambda's `Invoke` of a function by its name.
 *
 * @param endpoint Lambda's address, where it is not AWS's
 */
export const lambdaFunction = (
  functionName: string,
  region: string,
  endpoint?: string,
): ((request: Omit<SignedRequest, 'path'>) => Promise<Response>) => {
  const send = signedRequestsTo({
    name: 'lambda',
    region,
    endpoint: endpoint ?? `https://lambda.${region}.amazonaws.com`,
  });
  return (request) => send({ path: `/2015-03-31/functions/${functionName}/invocations`, ...request });
};

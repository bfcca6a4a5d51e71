import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeNow, listen } from '../api-gateway/listening.ts';
import { LambdaError } from './lambda-error.ts';
import type { LambdaService } from './lambda-service.ts';

export interface LambdaInvokeApi {
  /** What `AWS_ENDPOINT_URL_LAMBDA`, or `aws lambda invoke --endpoint-url`, is set to. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Lambda's own errors, as against the function's: the HTTP status by the type. */
const statuses: Readonly<Record<string, number>> = {
  ResourceNotFoundException: 404,
  TooManyRequestsException: 429,
  RequestTooLargeException: 413,
  InvalidRequestContentException: 400,
};

/**
 * Lambda's `Invoke` (POST /2015-03-31/functions/{name}/invocations), so that jobs can be run by hand. The result is
 * waited for, whatever `X-Amz-Invocation-Type` says.
 */
export const startLambdaInvokeApi = async (
  lambda: Pick<LambdaService, 'invoke'>,
  host: string,
): Promise<LambdaInvokeApi> => {
  const invoke = async (path: string, body: string): Promise<unknown> => {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? [];
    if (name === undefined) throw new LambdaError('ResourceNotFoundException', `There is nothing at ${path}`);
    let event: unknown;
    try {
      event = JSON.parse(body === '' ? '{}' : body);
    } catch {
      throw new LambdaError('InvalidRequestContentException', 'Could not parse request body into json');
    }
    return lambda.invoke(decodeURIComponent(name), event);
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body ?? null));
    };
    const handle = async (): Promise<void> => {
      try {
        answer(200, await invoke(request.url?.split('?')[0] ?? '', await text(request)));
      } catch (error) {
        const { errorType, message } =
          error instanceof LambdaError ? error : new LambdaError('', String(error));
        const status = statuses[errorType];
        if (status !== undefined) answer(status, { Message: message }, { 'x-amzn-errortype': errorType });
        else answer(200, { errorType, errorMessage: message }, { 'x-amz-function-error': 'Unhandled' });
      }
    };
    void handle();
  });
  const port = await listen(server, 0, host);
  return { url: `http://${host}:${port}`, stop: () => closeNow(server) };
};

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeNow, listen } from '../listening.ts';
import { LambdaError } from './lambda-error.ts';
import type { LambdaService } from './lambda-service.ts';

export interface LambdaInvokeApi {
  /** The value for `AWS_ENDPOINT_URL_LAMBDA`, or for `aws lambda invoke --endpoint-url`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The result of an invocation that was queued. */
const QUEUED = Symbol('queued');

/** Lambda's own errors, as opposed to the function's: the HTTP status by type. */
const statuses: Readonly<Record<string, number>> = {
  ResourceNotFoundException: 404,
  TooManyRequestsException: 429,
  RequestTooLargeException: 413,
  InvalidRequestContentException: 400,
};

/**
 * The delays after which Lambda retries a failed invocation of the type `Event`: twice, unless the function is
 * configured otherwise.
 */
const RETRIES_AFTER_MS: readonly number[] = [60_000, 120_000];

/**
 * Lambda's `Invoke` (POST /2015-03-31/functions/{name}/invocations), for functions that invoke others and for jobs
 * that a person runs. An invocation of the type `Event` gets a response at once, and is retried twice when it fails;
 * the queue of these invocations is in memory and lost when the cloud stops. For other types, the response waits for
 * the result.
 *
 * @param log called for events that were dropped after their last attempt
 */
export const startLambdaInvokeApi = async (
  lambda: Pick<LambdaService, 'invoke'>,
  host: string,
  log: (line: string) => void,
): Promise<LambdaInvokeApi> => {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();

  const runEvent = async (name: string, event: unknown): Promise<void> => {
    for (const after of [...RETRIES_AFTER_MS, undefined]) {
      try {
        await lambda.invoke(name, event);
        return;
      } catch (error) {
        if (after === undefined) log(`${name} failed for an event, three times: ${String(error)}`);
        else await sleep(after, undefined, { signal: stopping.signal, ref: false });
      }
    }
  };

  const queue = (name: string, event: unknown): void => {
    const run = runEvent(name, event)
      // The cloud was stopped while the event waited.
      .catch(() => undefined)
      .finally(() => running.delete(run));
    running.add(run);
  };

  const invoke = async (path: string, body: string, type: string): Promise<unknown> => {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? [];
    if (name === undefined) throw new LambdaError('ResourceNotFoundException', `There is nothing at ${path}`);
    let event: unknown;
    try {
      event = JSON.parse(body === '' ? '{}' : body);
    } catch {
      throw new LambdaError('InvalidRequestContentException', 'Could not parse request body into json');
    }
    if (type !== 'Event') return lambda.invoke(decodeURIComponent(name), event);
    queue(decodeURIComponent(name), event);
    return QUEUED;
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body ?? null));
    };
    const handle = async (): Promise<void> => {
      try {
        const path = request.url?.split('?')[0] ?? '';
        const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
        const result = await invoke(path, await text(request), type);
        if (result === QUEUED) response.writeHead(202).end();
        else answer(200, result);
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
  return {
    url: `http://${host}:${port}`,
    stop: async () => {
      stopping.abort();
      await closeNow(server);
      await Promise.all(running);
    },
  };
};

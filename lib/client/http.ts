import { ChatError, type ClientPlatform, type ClientResponse } from './chat-client.ts';
import type { Call } from './contract.ts';

/** Longer than the service takes for any answer; a network that is down never answers. */
const TIMEOUT_MS = 20_000;

/** The parts of a request, untyped: `Call` types them by the route. */
export interface RequestOptions {
  /** The access token. */
  readonly token?: string | undefined;
  readonly query?: object | undefined;
  readonly body?: unknown;
  /** A field that every answer of the route has; without one the answer is an empty 204. */
  readonly field?: string | undefined;
}

/** One request to the HTTP API, whatever its route. @throws ChatError, TypeError as `Call` does */
export type Request = (method: string, path: string, options?: RequestOptions) => Promise<unknown>;

/** A call as the bearer of an access token, or as nobody. */
export type CallAs = Call<{ readonly token?: string }>;

/** Whether another attempt may succeed: the service or its stores are busy or unreachable. */
export const isPassing = ({ status, code }: ChatError): boolean =>
  status === 429 || status >= 500 || code === 'unexpected_answer';

/** Milliseconds that the service asks to wait before another attempt. */
export const waitOf = (error: unknown): number =>
  error instanceof ChatError ? (error.retryAfter ?? 0) * 1000 : 0;

type Fields = Readonly<Record<string, unknown>>;

/** The JSON object in a body; an empty object when there is none. */
const parse = (text: string): Fields => {
  try {
    return (JSON.parse(text) as Fields | null) ?? {};
  } catch {
    return {};
  }
};

const notTheService = (status: number): TypeError => new TypeError(`Another server answered (${status}).`);

const toError = ({ status, headers }: ClientResponse, body: Fields): Error => {
  if (
    typeof body['code'] === 'string' &&
    typeof body['detail'] === 'string' &&
    body['status_code'] === status
  ) {
    return new ChatError(body as unknown as ConstructorParameters<typeof ChatError>[0]);
  }
  // API Gateway's errors have a shape of their own, and a proxy in front of it may be busy. But 401 and 403 count only
  // in the service's own shape.
  const isGateway = typeof body['message'] === 'string' && status !== 401 && status !== 403;
  if (!isGateway && status !== 429 && status < 500) return notTheService(status);
  return new ChatError({
    detail: `The service answered ${status}.`,
    status_code: status,
    code: status === 429 ? 'rate_limited' : 'unexpected_answer',
    retry_after: Number(headers.get('retry-after')) || undefined,
  });
};

/** Whether an answer is the service's: it has the status and the field that the route defines. */
const isPromised = (status: number, text: string, body: Fields, field: string | undefined): boolean => {
  if (field === undefined) return (status === 202 || status === 204) && text === '';
  const value = body[field];
  return field === 'items' || field === 'chats' ? Array.isArray(value) : value !== undefined;
};

/** `?name=value`, without undefined values. React Native's `URLSearchParams` cannot be written to. */
const queryOf = (values: object = {}): string => {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(String(value))}`,
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};

/** @param baseUrl without a slash at its end */
export const createCall = (baseUrl: string, { fetch, setTimeout, clearTimeout }: ClientPlatform): CallAs => {
  const request: Request = async (method, path, { token, query, body, field } = {}) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    let response: ClientResponse;
    let text: string;
    try {
      response = await fetch(baseUrl + path + queryOf(query), {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // The service never redirects: passwords and messages must not reach another host.
        redirect: 'error',
        signal: abort.signal,
      });
      text = await response.text();
    } catch (error) {
      throw new TypeError('The service cannot be reached.', { cause: error });
    } finally {
      clearTimeout(timer);
    }
    const answer = parse(text);
    if (!response.ok) throw toError(response, answer);
    if (!isPromised(response.status, text, answer, field)) throw notTheService(response.status);
    return answer;
  };
  return request as CallAs;
};

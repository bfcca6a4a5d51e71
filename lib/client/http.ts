import { ChatError, type ClientPlatform, type ClientResponse } from './chat-client.ts';
import type { Call } from './contract.ts';

/** Longer than any response of the service takes; a network that is down never responds. */
const TIMEOUT_MS = 20_000;

/**
 * One request to the HTTP API, on any route, with the access token `token` or without authentication. Throws like
 * `Call`.
 */
export type Request = (request: string, field: string, input?: unknown, token?: string) => Promise<unknown>;

/** A call with an access token, or without authentication. */
export type CallAs = Call<[token?: string]>;

/** Whether a retry may succeed: the service or its stores are busy or unreachable. */
export const isPassing = ({ status, code }: ChatError): boolean =>
  status === 429 || status >= 500 || code === 'unexpected_answer';

/** Milliseconds that the service asks to wait before a retry. */
export const waitOf = (error: unknown): number =>
  error instanceof ChatError ? (error.retryAfter ?? 0) * 1000 : 0;

type Fields = Readonly<Record<string, unknown>>;

/** Parses JSON; undefined when the value is not a string or not JSON. Null yields null. */
export const parse = (text: unknown): unknown => {
  try {
    return JSON.parse(text as string);
  } catch {
    return undefined;
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
  // API Gateway's errors have their own format, and a proxy in front of it may be busy. But 401 and 403 count only in
  // the service's own format.
  const isGateway = typeof body['message'] === 'string' && status !== 401 && status !== 403;
  if (!isGateway && status !== 429 && status < 500) return notTheService(status);
  return new ChatError({
    detail: `The service answered ${status}.`,
    status_code: status,
    code: status === 429 ? 'rate_limited' : 'unexpected_answer',
    retry_after: Number(headers.get('retry-after')) || undefined,
  });
};

/** Whether a response comes from the service: it has the status and the field that the route defines. */
const isPromised = (status: number, text: string, body: Fields, field: string): boolean => {
  if (field === '') return (status === 202 || status === 204) && text === '';
  const value = body[field];
  return field === 'items' || field === 'chats' ? Array.isArray(value) : value !== undefined;
};

/** Builds `?name=value`, without undefined values. React Native's `URLSearchParams` is not writable. */
const queryOf = (values: object): string => {
  const parts = Object.entries(values).map(([name, value]) =>
    value === undefined ? '' : `&${name}=${encodeURIComponent(value as string)}`,
  );
  return parts.join('').replace('&', '?');
};

/** @param baseUrl without a trailing slash */
export const createCall = (baseUrl: string, { fetch, setTimeout, clearTimeout }: ClientPlatform): CallAs => {
  const call: Request = async (request, field, input, token) => {
    // Splits at the first space only: an id or a code in the path may contain another one.
    const [method = '', path = ''] = request.split(/ (.*)/s);
    const isGet = method === 'GET';
    const hasBody = !isGet && input !== undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    let response: ClientResponse;
    let text: string;
    try {
      response = await fetch(baseUrl + path + (isGet ? queryOf(input ?? {}) : ''), {
        method,
        headers: {
          ...(hasBody && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(hasBody && { body: JSON.stringify(input) }),
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
    const answer = (parse(text) ?? {}) as Fields;
    if (!response.ok) throw toError(response, answer);
    if (!isPromised(response.status, text, answer, field)) throw notTheService(response.status);
    return answer;
  };
  return call as CallAs;
};

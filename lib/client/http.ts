import { ChatError, type ClientPlatform } from './chat-client.ts';

/** Longer than the service takes for any answer; a network that is away says nothing at all. */
const TIMEOUT_MS = 20_000;

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** A field that every answer of the route has, by which it is told from what a captive portal says; none: 204. */
  readonly field?: string | undefined;
}

/**
 * One request to the HTTP API.
 *
 * @throws ChatError from 400 up
 * @throws TypeError when the service cannot be reached; also when something else answers in its place, such as the
 *   log-in page of a captive portal
 */
export type Call = <Body>(method: string, path: string, options: CallOptions) => Promise<Body>;

/** Whether another attempt may help: the service or its stores are busy or away. */
export const isPassing = ({ status, code }: ChatError): boolean =>
  status === 429 || status >= 500 || code === 'unexpected_answer';

/** Milliseconds that the service asks to wait before another attempt. */
export const waitOf = (error: unknown): number =>
  error instanceof ChatError ? (error.retryAfter ?? 0) * 1000 : 0;

type Fields = Readonly<Record<string, unknown>>;

/** The object that a body holds; none for whatever else it is. */
const parse = (text: string): Fields => {
  try {
    return (JSON.parse(text) as Fields | null) ?? {};
  } catch {
    return {};
  }
};

const notTheService = (status: number): TypeError =>
  new TypeError(`Something else answered in the place of the service (${status}).`);

const toError = ({ status, headers }: Response, body: Fields): Error => {
  if (
    typeof body['code'] === 'string' &&
    typeof body['detail'] === 'string' &&
    body['status_code'] === status
  ) {
    return new ChatError(body as unknown as ConstructorParameters<typeof ChatError>[0]);
  }
  // API Gateway has a shape of its own, and whatever stands in front of it may be busy. But who is logged in as whom,
  // and what is allowed, only the service says.
  const isGateway = typeof body['message'] === 'string' && status !== 401 && status !== 403;
  if (!isGateway && status !== 429 && status < 500) return notTheService(status);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  return new ChatError({
    detail: `The service answered ${status}.`,
    status_code: status,
    code: status === 429 ? 'rate_limited' : 'unexpected_answer',
    ...(Number.isFinite(retryAfter) ? { retry_after: retryAfter } : {}),
  });
};

/** Whether an answer is the service's: of the status and with the field that the route promises. */
const isPromised = (status: number, text: string, body: Fields, field: string | undefined): boolean => {
  if (field === undefined) return status === 204 && text === '';
  const value = body[field];
  return field === 'items' || field === 'chats' ? Array.isArray(value) : value !== undefined;
};

/** @param baseUrl without a slash at its end */
export const createCall =
  (baseUrl: string, { fetch, setTimeout, clearTimeout }: ClientPlatform): Call =>
  async <Body>(method: string, path: string, { token, body, field }: CallOptions) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    let response: Response;
    let text: string;
    try {
      response = await fetch(baseUrl + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // The service redirects nobody: what is sent to it is for nobody else.
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
    return answer as Body;
  };

import { ChatError, type ClientPlatform } from './chat-client.ts';

/** Longer than the service takes for any answer; a network that is away says nothing at all. */
const TIMEOUT_MS = 20_000;

/** One request to the HTTP API. @throws ChatError from 400 up, TypeError when the service cannot be reached */
export type Call = <Body>(
  method: string,
  path: string,
  options: { readonly token?: string | undefined; readonly body?: unknown },
) => Promise<Body>;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** An answer that is no success, also one that a gateway on the way made up. */
const toError = (response: Response, body: unknown): ChatError => {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    return new ChatError(body as ConstructorParameters<typeof ChatError>[0]);
  }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ChatError({
    detail: `The service answered ${response.status}.`,
    status_code: response.status,
    code: response.status === 429 ? 'rate_limited' : 'unexpected_answer',
    ...(Number.isFinite(retryAfter) ? { retry_after: retryAfter } : {}),
  });
};

/** @param baseUrl without a slash at its end */
export const createCall =
  (baseUrl: string, { fetch, setTimeout, clearTimeout }: ClientPlatform): Call =>
  async <Body>(
    method: string,
    path: string,
    { token, body }: { readonly token?: string | undefined; readonly body?: unknown },
  ) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(baseUrl + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: abort.signal,
      });
      const answer = parse(await response.text());
      if (!response.ok) throw toError(response, answer);
      // What the service promises of this route.
      return answer as Body;
    } finally {
      clearTimeout(timer);
    }
  };

/** A response of the HTTP API. */
export interface HttpAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/**
 * Calls the HTTP API of one service, as one user or without authentication. For measurements and tests: it neither
 * retries nor refreshes tokens, unlike lib/client.
 */
export interface HttpClient {
  /**
   * @param path relative to the base, such as `/chats`
   * @param body sent as JSON when given
   * @returns the response of the service, including error responses
   * @throws TypeError when the service cannot be reached
   */
  request<Body = unknown>(method: string, path: string, body?: unknown): Promise<HttpAnswer<Body>>;
  /** The same client, authenticated by an access token. */
  as(accessToken: string): HttpClient;
}

/** @param baseUrl such as `http://127.0.0.1:8000/api/v1` */
export const createHttpClient = (baseUrl: string, accessToken?: string): HttpClient => ({
  request: async <Body>(method: string, path: string, body?: unknown) => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // The caller knows which body the route promises.
    const parsed = (text === '' ? null : JSON.parse(text)) as Body;
    return { status: response.status, headers: response.headers, body: parsed };
  },
  as: (token) => createHttpClient(baseUrl, token),
});

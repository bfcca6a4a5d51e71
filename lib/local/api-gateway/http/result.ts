/** The response to the client. */
export interface HttpResponse {
  statusCode: number;
  /** Lower-case names. */
  headers: Record<string, string | string[]>;
  body: Buffer | string;
}

/**
 * Parses a function's result in payload format 2.0; `undefined` for one that API Gateway considers malformed. A
 * result without `statusCode` is the body of a JSON 200.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const httpResponse = (result: unknown): HttpResponse | undefined => {
  if (!isRecord(result) || result['statusCode'] === undefined) {
    const body = typeof result === 'string' ? result : JSON.stringify(result ?? null);
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers = {}, body = '', cookies = [], isBase64Encoded = false } = result;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) return undefined;
  if (statusCode < 200 || statusCode > 599) return undefined;
  if (typeof isBase64Encoded !== 'boolean' || !isStrings(cookies)) return undefined;
  // `body: null` means an empty response; any other body that is not a string is malformed.
  if (body !== null && typeof body !== 'string') return undefined;
  const plainHeaders = readHeaders(headers);
  if (plainHeaders === undefined) return undefined;

  const content = body === null ? '' : isBase64Encoded ? Buffer.from(body, 'base64') : body;
  if (content.length > 0) plainHeaders['content-type'] ??= 'text/plain; charset=utf-8';
  if (cookies.length > 0) {
    const before = plainHeaders['set-cookie'];
    plainHeaders['set-cookie'] = before === undefined ? cookies : [before, cookies].flat();
  }
  return { statusCode, headers: plainHeaders, body: content };
};

/** A response that comes from the gateway, not from a function. */
export const gatewayMessage = (statusCode: number, message: string): HttpResponse => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

const readHeaders = (headers: unknown): Record<string, string | string[]> | undefined => {
  if (headers === null) return {};
  if (!isRecord(headers)) return undefined;
  const read: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    // The gateway frames the response itself, so these headers of the function are dropped.
    if (!framing.has(name.toLowerCase())) read[name.toLowerCase()] = String(value);
  }
  return read;
};

const framing = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

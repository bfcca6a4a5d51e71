/** A function's result on a WebSocket route. */
export interface RouteResult {
  statusCode: number;
  headers: Record<string, unknown>;
  /** `undefined` when there was no body. */
  body: string | undefined;
}

/**
 * Parses the result of a Lambda proxy integration; `undefined` for a malformed one. API Gateway accepts only these
 * keys: any further one makes the client get `Internal server error` (middyjs/middy#1219). A missing `statusCode`
 * counts as 200.
 */
export const routeResult = (result: unknown): RouteResult | undefined => {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(result));
  if ([...fields.keys()].some((key) => !knownKeys.has(key))) return undefined;
  const statusCode = fields.get('statusCode') ?? 200;
  const body = fields.get('body') ?? undefined;
  const headers = fields.get('headers') ?? {};
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) return undefined;
  if (statusCode < 200 || statusCode > 599) return undefined;
  if (body !== undefined && typeof body !== 'string') return undefined;
  if (typeof headers !== 'object') return undefined;
  const isBase64Encoded = fields.get('isBase64Encoded') === true;
  return {
    statusCode,
    headers: Object.fromEntries(Object.entries(headers)),
    body: isBase64Encoded && body !== undefined ? Buffer.from(body, 'base64').toString() : body,
  };
};

const knownKeys = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

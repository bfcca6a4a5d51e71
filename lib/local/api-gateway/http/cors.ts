import type { IncomingHttpHeaders } from 'node:http';
import type { CorsConfiguration } from '../definitions.ts';

export interface Cors {
  /** Whether the gateway answers this request itself: an OPTIONS request with both headers of a preflight. */
  isPreflight(method: string | undefined, headers: IncomingHttpHeaders): boolean;
  /** The headers of the response to a preflight; none for an origin or a method that is not configured. */
  preflightHeaders(headers: IncomingHttpHeaders): Record<string, string>;
  /** Replaces the function's CORS headers by the configured ones. */
  apply(headers: Record<string, string | string[]>, origin: string | undefined): void;
}

/**
 * CORS like an HTTP API with a CORS configuration: the gateway answers preflights, and ignores the CORS headers of
 * the integration.
 *
 * @param allowsOrigin allows origins that are not in the configuration, which API Gateway cannot
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const cors = (
  configuration: CorsConfiguration,
  allowsOrigin: (origin: string) => boolean = () => false,
): Cors => {
  const { allowOrigins = [], allowMethods = [], allowHeaders = [], exposeHeaders = [] } = configuration;

  const originHeaders = (origin: string | undefined): Record<string, string> | undefined => {
    if (origin === undefined) return undefined;
    const listed = allowOrigins.includes('*') ? '*' : matchOrigin(allowOrigins, origin);
    const allowed = listed ?? (allowsOrigin(origin) ? origin : undefined);
    if (allowed === undefined) return undefined;
    return {
      'access-control-allow-origin': allowed,
      ...(configuration.allowCredentials === true && { 'access-control-allow-credentials': 'true' }),
    };
  };

  return {
    isPreflight: (method, headers) =>
      method === 'OPTIONS' &&
      headers.origin !== undefined &&
      headers['access-control-request-method'] !== undefined,

    preflightHeaders(headers) {
      const forOrigin = originHeaders(headers.origin);
      const method = headers['access-control-request-method'] ?? '';
      if (forOrigin === undefined) return {};
      if (!allowMethods.includes('*') && !allowMethods.includes(method)) return {};
      return {
        ...forOrigin,
        'access-control-allow-methods': allowMethods.join(','),
        ...(allowHeaders.length > 0 && { 'access-control-allow-headers': allowHeaders.join(',') }),
        ...(configuration.maxAge !== undefined && { 'access-control-max-age': String(configuration.maxAge) }),
      };
    },

    apply(headers, origin) {
      for (const name of Object.keys(headers)) {
        if (name.startsWith('access-control-')) delete headers[name];
      }
      const forOrigin = originHeaders(origin);
      if (forOrigin === undefined) return;
      Object.assign(headers, forOrigin);
      if (exposeHeaders.length > 0) headers['access-control-expose-headers'] = exposeHeaders.join(',');
    },
  };
};

/** `https://*` and `http://*` match every origin of their scheme. */
const matchOrigin = (allowed: readonly string[], origin: string): string | undefined => {
  const matches = allowed.some((entry) =>
    entry.endsWith('://*') ? origin.startsWith(entry.slice(0, -1)) : entry === origin,
  );
  return matches ? origin : undefined;
};

import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../contract/edge-headers.ts';

/** Compares two texts in constant time, whatever their common prefix and their lengths. */
const isSame = (one: string, other: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
};

/** The client's IP address, or the response that refuses a request which bypassed CloudFront. */
export type Origin =
  | { readonly refused: false; readonly address: string }
  | { readonly refused: true; readonly answer: APIGatewayProxyStructuredResultV2 };

/**
 * Determines the client's IP address. Behind CloudFront, a request must contain one of the secrets that CloudFront
 * adds, since the API also has an address of its own, without the firewall. CloudFront's header with the viewer's
 * address is trusted only together with such a secret; the source address that API Gateway sees is CloudFront's.
 *
 * @param secrets the current secrets; undefined when no CloudFront is in front of the API
 */
export const originOf = (
  { headers, requestContext }: Pick<APIGatewayProxyEventV2, 'headers' | 'requestContext'>,
  secrets: readonly string[] | undefined,
): Origin => {
  const { sourceIp } = requestContext.http;
  if (secrets === undefined) return { refused: false, address: sourceIp };
  const given = headers[EDGE_SECRET_HEADER] ?? '';
  // All secrets are compared, so that the time does not reveal which one matched.
  const matches = secrets.filter((secret) => isSame(given, secret));
  if (matches.length === 0) {
    return {
      refused: true,
      // In the format of API Gateway's own refusals.
      answer: {
        statusCode: 403,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Forbidden' }),
      },
    };
  }
  return { refused: false, address: headers[VIEWER_ADDRESS_HEADER] ?? sourceIp };
};

import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../contract/edge-headers.ts';

/** Equal in time whatever the two texts have in common, their lengths included. */
const isSame = (one: string, other: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
};

/** Where a request comes from, and whether it came the way that all have to. */
export type Origin =
  | { readonly refused: false; readonly address: string }
  | { readonly refused: true; readonly answer: APIGatewayProxyStructuredResultV2 };

/**
 * Finds out where a request comes from. Behind CloudFront it has to bring one of the secrets that CloudFront adds, for
 * the API has an address of its own, past the firewall; and then CloudFront's word for the client's address holds, which
 * nobody else's does: API Gateway sees the address of CloudFront.
 *
 * @param secrets those that are in force; undefined where nothing stands in front of the API
 */
export const originOf = (
  { headers, requestContext }: Pick<APIGatewayProxyEventV2, 'headers' | 'requestContext'>,
  secrets: readonly string[] | undefined,
): Origin => {
  const { sourceIp } = requestContext.http;
  if (secrets === undefined) return { refused: false, address: sourceIp };
  const given = headers[EDGE_SECRET_HEADER] ?? '';
  // Each is compared, so that the time does not tell which one it was.
  const matches = secrets.filter((secret) => isSame(given, secret));
  if (matches.length === 0) {
    return {
      refused: true,
      // As API Gateway refuses what it does not let through.
      answer: {
        statusCode: 403,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'Forbidden' }),
      },
    };
  }
  return { refused: false, address: headers[VIEWER_ADDRESS_HEADER] ?? sourceIp };
};

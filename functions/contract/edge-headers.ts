/** The header whose secret proves to the HTTP API that a request came through CloudFront. */
export const EDGE_SECRET_HEADER = 'x-origin-secret';

/**
 * The header in which CloudFront passes the client's IP address. CloudFront overwrites any value that a client sets.
 */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

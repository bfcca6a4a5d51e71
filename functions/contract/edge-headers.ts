/** By which CloudFront shows the HTTP API that a request came through it. */
export const EDGE_SECRET_HEADER = 'x-origin-secret';

/** In which CloudFront says whose request it is, over whatever a client wrote there. */
export const VIEWER_ADDRESS_HEADER = 'x-viewer-address';

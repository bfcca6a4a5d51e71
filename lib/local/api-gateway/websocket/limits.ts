/**
 * The limits of a WebSocket API; the defaults are AWS's service quotas.
 *
 * @see
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export interface WebSocketLimits {
  /** Maximum payload of one frame in bytes; a larger one closes the connection with 1009. */
  frameBytes: number;
  /** Maximum payload of one message over all its frames, and of a post, in bytes; larger ones get 1009 and 413. */
  messageBytes: number;
  /** Closes with 1001 after this long without a frame in either direction. */
  idleMs: number;
  /** Closes with 1001 this long after the handshake. */
  lifetimeMs: number;
  /** How many bytes may be buffered for a slow reader before its connection is dropped. */
  bufferedBytes: number;
  /** How long a client may take to reply to a close frame before its connection is cut. */
  closeMs: number;
  /** Calls of `@connections`: per second, and burst; further ones get 429. */
  managementRateLimit: number;
  managementBurstLimit: number;
  /** How long `stop()` waits for invocations in flight and for `$disconnect`s. */
  stopMs: number;
}

export const defaultLimits: Readonly<WebSocketLimits> = {
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
  idleMs: 10 * 60_000,
  lifetimeMs: 2 * 60 * 60_000,
  bufferedBytes: 4 * 1024 * 1024,
  closeMs: 2000,
  managementRateLimit: 10_000,
  managementBurstLimit: 5000,
  stopMs: 5000,
};

/**
 * What a WebSocket API allows, and the service quotas as its defaults.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export interface WebSocketLimits {
  /** Payload of one frame; beyond, the connection is closed with 1009. */
  frameBytes: number;
  /** Payload of one message over all its frames, and of a post; beyond, 1009 and 413. */
  messageBytes: number;
  /** Closes with 1001 after this long without a frame in either direction. */
  idleMs: number;
  /** Closes with 1001 this long after the handshake. */
  lifetimeMs: number;
  /** What may wait for a slow reader, in bytes, before its connection is dropped. */
  bufferedBytes: number;
  /** How long a client may take to answer a close frame before its connection is cut. */
  closeMs: number;
  /** Calls of `@connections` a second, and at once; beyond, 429. */
  managementRateLimit: number;
  managementBurstLimit: number;
  /** How long `stop()` waits for invocations under way and for `$disconnect`s. */
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

/**
 * The `disconnectReason` of `$disconnect` for a close code. The texts for 1000, 1001 and 1005 are from AWS's events;
 * the others paraphrase RFC 6455.
 */
export const closeReason = (code: number): string => reasons.get(code) ?? '';

const reasons = new Map([
  [1000, 'Connection Closed Normally'],
  [1001, 'Going away'],
  [1003, 'Unsupported data'],
  [1005, 'Client-side close frame status not set'],
  [1006, 'Connection closed abnormally'],
  [1009, 'Message too big'],
]);

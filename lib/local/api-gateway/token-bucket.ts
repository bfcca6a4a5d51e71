import type { Throttling } from './definitions.ts';

/**
 * The token bucket that API Gateway throttles with
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html). The returned function
 * returns whether a request may pass.
 *
 * @param now a clock in milliseconds that never steps back: the bucket would stay empty for as long as the step
 */
export const tokenBucket = (
  throttling: Throttling | undefined,
  now: () => number = () => performance.now(),
): (() => boolean) => {
  if (throttling === undefined) return () => true;
  const { rateLimit, burstLimit } = throttling;
  let tokens = burstLimit;
  let filledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(burstLimit, tokens + ((at - filledAt) / 1000) * rateLimit);
    filledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};

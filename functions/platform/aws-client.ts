import { Sha256 } from './sha256.ts';

/** The part of an AWS SDK client that `withoutUnneededMiddleware` changes. */
interface Adjustable {
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * Options of every SDK client. With `cacheMiddleware`, the middleware stack is resolved once per command type rather
 * than on every call.
 */
export const clientOptions = { cacheMiddleware: true, sha256: Sha256 } as const;

/**
 * Middleware that logs requests to a logger that is not set, and middleware that reports the SDK version and the
 * caller to AWS.
 */
const superfluous = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/**
 * Removes unneeded middleware from a new client. A message is posted to every connection of a chat, so the CPU cost
 * of a call, which Lambda bills, occurs up to a hundred times per message.
 */
export const withoutUnneededMiddleware = <Client extends Adjustable>(client: Client): Client => {
  for (const name of superfluous) client.middlewareStack.remove(name);
  return client;
};

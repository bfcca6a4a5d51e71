import { Sha256 } from './sha256.ts';

/** The part of an AWS SDK client that `trimmed` changes. */
interface Adjustable {
  readonly middlewareStack: { remove(name: string): boolean };
}

/** Options of every SDK client. The middleware stack is resolved once per type of command, and not for every call. */
export const clientOptions = { cacheMiddleware: true, sha256: Sha256 } as const;

/** Middleware that logs requests and answers to a logger that is not set, and that tells AWS the SDK and the caller. */
const superfluous = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/**
 * Removes middleware from a new client that this service does not need. A message is posted to every connection of a
 * chat, so that the cost of a call is paid, and billed by Lambda, a hundred times over.
 */
export const trimmed = <Client extends Adjustable>(client: Client): Client => {
  for (const name of superfluous) client.middlewareStack.remove(name);
  return client;
};

import { Sha256 } from './sha256.ts';

/** What of an AWS SDK client the service adjusts. */
interface Adjustable {
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * Options that every SDK client of the service has. The stack of steps around a command is put together once for each
 * kind of command and not for each call.
 */
export const clientOptions = { cacheMiddleware: true, sha256: Sha256 } as const;

/** Steps that copy each request and answer for a log that nobody reads, and tell AWS which SDK and caller it is. */
const superfluous = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/**
 * Takes the steps off a new client that do nothing for this service. A message is posted to every connection of a
 * chat: what a call costs is paid a hundred times over, and Lambda bills it.
 */
export const trimmed = <Client extends Adjustable>(client: Client): Client => {
  for (const name of superfluous) client.middlewareStack.remove(name);
  return client;
};

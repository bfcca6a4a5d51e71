import { ServiceError } from '../contract/service-error.ts';
import { environmentOf } from '../platform/environment.ts';
import type { Actor } from '../sessions/actor.ts';

/**
 * Makes the test of who moderates: whoever has one of these user names. A name never changes and is never given away, so
 * that the name in an access token is enough. Nothing is stored: who is listed moderates from the next deployment on, and
 * who is no longer listed does not (decision 66).
 *
 * @param names separated by commas, without regard to case
 */
export const moderatorsOf = (names: string): ((username: string) => boolean) => {
  const listed = new Set(
    names
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  );
  return (username) => listed.has(username.toLowerCase());
};

let known: ReturnType<typeof moderatorsOf> | undefined;

/** Whether somebody moderates, by the configuration of this stage. */
export const isModerator = (username: string): boolean =>
  (known ??= moderatorsOf(environmentOf('moderators').MODERATORS))(username);

/** @throws ServiceError `not_moderator` */
export const assertModerator = (
  { username }: Pick<Actor, 'username'>,
  moderates: (username: string) => boolean,
): void => {
  if (!moderates(username)) throw new ServiceError('not_moderator');
};

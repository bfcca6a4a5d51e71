import { ServiceError } from '../contract/service-error.ts';
import { environmentOf } from '../platform/environment.ts';
import type { Actor } from '../sessions/actor.ts';

/**
 * Builds the check for moderators: users with one of these user names. A user name never changes and is never reused,
 * so the name in an access token suffices. Nothing is stored: a change of the list takes effect with the next
 * deployment (decision 66).
 *
 * @param names separated by commas, case-insensitive
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

/** Whether a user is a moderator, according to the configuration of this stage. */
export const isModerator = (username: string): boolean =>
  (known ??= moderatorsOf(environmentOf('moderators').MODERATORS))(username);

/** @throws ServiceError `not_moderator` */
export const assertModerator = (
  { username }: Pick<Actor, 'username'>,
  moderates: (username: string) => boolean,
): void => {
  if (!moderates(username)) throw new ServiceError('not_moderator');
};

import { OBJECT_PREFIXES, type ObjectKey } from '../contract/object-prefixes.ts';
import { environmentOf } from '../platform/environment.ts';

/** The key of the object that is served as the picture of a person or a group. */
export const avatarKeyOf = (attachmentId: string): ObjectKey => `${OBJECT_PREFIXES.avatars}${attachmentId}`;

/** The URL of a picture: anybody may read it who knows it, for as long as it is one. */
export const avatarUrl = (attachmentId: string | null): string | null =>
  attachmentId === null ? null : `${environmentOf('avatar-urls').FILES_URL}/${avatarKeyOf(attachmentId)}`;

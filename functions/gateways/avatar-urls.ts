import { avatarKeyOf } from '../contract/object-prefixes.ts';
import { environmentOf } from '../platform/environment.ts';

/** The URL of a picture: anybody may read it who knows it, for as long as it is one. */
export const avatarUrl = (attachmentId: string | null): string | null =>
  attachmentId === null ? null : `${environmentOf('avatar-urls').FILES_URL}/${avatarKeyOf(attachmentId)}`;

import { avatarKeyOf } from '../contract/object-prefixes.ts';
import { environmentOf } from '../platform/environment.ts';

/** The URL of an avatar. Anybody who knows it may read it, as long as the file is an avatar. */
export const avatarUrl = (attachmentId: string | null): string | null =>
  attachmentId === null ? null : `${environmentOf('avatar-urls').FILES_URL}/${avatarKeyOf(attachmentId)}`;

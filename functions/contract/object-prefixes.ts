/**
 * What the keys of the objects in the bucket begin with. Rights, lifecycle rules and CloudFront's behaviours end at these
 * prefixes (decision 44).
 *
 * - `uploads`: what a form may put there, unchecked; gone after a day
 * - `decoded`: what the image decoder makes of an upload; gone after a day
 * - `files`, `thumbnails`: what was checked; read through CloudFront by signed URLs
 * - `avatars`: what was checked and is public; read through CloudFront by whoever knows the name
 */
export const OBJECT_PREFIXES = {
  uploads: 'u/',
  decoded: 'd/',
  files: 'f/',
  thumbnails: 't/',
  avatars: 'a/',
} as const;

/** The key of an object: one of the prefixes, and a name. */
export type ObjectKey = `${(typeof OBJECT_PREFIXES)[keyof typeof OBJECT_PREFIXES]}${string}`;

/** The key of the object that is served as the picture of a person or a group. */
export const avatarKeyOf = (attachmentId: string): ObjectKey => `${OBJECT_PREFIXES.avatars}${attachmentId}`;

/**
 * The prefixes of object keys in the bucket. IAM grants, lifecycle rules and CloudFront behaviours are scoped to
 * these prefixes (decision 44).
 *
 * - `uploads`: what clients upload by a form, unchecked; expires after a day
 * - `decoded`: the image decoder's output for an upload; expires after a day
 * - `files`, `thumbnails`: checked files; read through CloudFront by signed URLs
 * - `avatars`: checked and public; read through CloudFront by anybody who knows the key
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

/** The object key of a user's or group's avatar. */
export const avatarKeyOf = (attachmentId: string): ObjectKey => `${OBJECT_PREFIXES.avatars}${attachmentId}`;

import { OBJECT_PREFIXES, avatarKeyOf, type ObjectKey } from '../contract/object-prefixes.ts';

/** The object keys of a file: the upload, the decoder's output, and the served objects. The last one is public. */
export const objectKeysOf = (attachmentId: string) =>
  ({
    upload: `${OBJECT_PREFIXES.uploads}${attachmentId}`,
    decodedImage: `${OBJECT_PREFIXES.decoded}${attachmentId}`,
    decodedThumbnail: `${OBJECT_PREFIXES.decoded}${attachmentId}.thumbnail`,
    file: `${OBJECT_PREFIXES.files}${attachmentId}`,
    thumbnail: `${OBJECT_PREFIXES.thumbnails}${attachmentId}`,
    avatar: avatarKeyOf(attachmentId),
  }) as const satisfies Record<string, ObjectKey>;

/** The file to which a served object belongs; undefined when the key has no served prefix. */
export const attachmentIdOf = (key: string): string | undefined =>
  key.startsWith(OBJECT_PREFIXES.files) ? key.slice(OBJECT_PREFIXES.files.length) : undefined;

/** All keys under which a file may have objects. */
export const allKeysOf = (attachmentId: string): ObjectKey[] => Object.values(objectKeysOf(attachmentId));

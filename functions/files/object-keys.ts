import { OBJECT_PREFIXES, avatarKeyOf, type ObjectKey } from '../contract/object-prefixes.ts';

/** The keys of a file's objects: what was uploaded, what was decoded of it, and what is served. The last one is public. */
export const objectKeysOf = (attachmentId: string) =>
  ({
    upload: `${OBJECT_PREFIXES.uploads}${attachmentId}`,
    decodedImage: `${OBJECT_PREFIXES.decoded}${attachmentId}`,
    decodedThumbnail: `${OBJECT_PREFIXES.decoded}${attachmentId}.thumbnail`,
    file: `${OBJECT_PREFIXES.files}${attachmentId}`,
    thumbnail: `${OBJECT_PREFIXES.thumbnails}${attachmentId}`,
    avatar: avatarKeyOf(attachmentId),
  }) as const satisfies Record<string, ObjectKey>;

/** The file whose object has this key; undefined when it is no key of what files are served from. */
export const attachmentIdOf = (key: string): string | undefined =>
  key.startsWith(OBJECT_PREFIXES.files) ? key.slice(OBJECT_PREFIXES.files.length) : undefined;

/** All keys under which a file may have objects. */
export const allKeysOf = (attachmentId: string): ObjectKey[] => Object.values(objectKeysOf(attachmentId));

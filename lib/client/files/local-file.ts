import type { LocalFile } from './files.ts';

const NAME_CHARACTERS_MAX = 255;

/** The name of a file as the service takes it. */
export const nameOfFile = ({ name }: LocalFile): string =>
  Array.from(name ?? '')
    .slice(-NAME_CHARACTERS_MAX)
    .join('') || 'file';

/** The media type of a file. What the platform does not know is a number of bytes. */
export const typeOfFile = ({ type }: LocalFile): string => type || 'application/octet-stream';

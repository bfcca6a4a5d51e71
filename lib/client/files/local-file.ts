import type { LocalFile } from './files.ts';

const NAME_CHARACTERS_MAX = 255;

/** The name of a file in the form that the service accepts. */
export const nameOfFile = ({ name }: LocalFile): string =>
  Array.from(name ?? '')
    .slice(-NAME_CHARACTERS_MAX)
    .join('') || 'file';

/** The media type of a file; generic when the platform does not know it. */
export const typeOfFile = ({ type }: LocalFile): string => type || 'application/octet-stream';

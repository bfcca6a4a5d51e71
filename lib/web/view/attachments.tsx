import type { Message } from '../../../functions/contract/schemas.ts';

const UNITS = ['B', 'KB', 'MB'];

/** A number of bytes for people: `1.4 MB`. */
const inUnits = (bytes: number): string => {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
};

/** The files of a message, each by its name, which opens it. */
export const Attachments = ({
  message,
  tabIndex,
}: {
  readonly message: Message;
  readonly tabIndex: number;
}) =>
  message.attachments.length === 0 ? null : (
    <ul class="files" aria-label="Files">
      {message.attachments.map(({ id, file_name: name, size, url }) => (
        <li key={id}>
          <a href={url ?? ''} target="_blank" rel="noopener noreferrer" tabIndex={tabIndex}>
            <bdi>{name}</bdi>
          </a>{' '}
          <span class="size">{inUnits(size)}</span>
        </li>
      ))}
    </ul>
  );

import type { PendingMessage } from '../../client/chat-client.ts';

/**
 * The ids of the files for which a message was refused, if it can be sent without them. The error of a failed upload
 * begins with the file's name. All files with that name are returned, since the error does not distinguish them.
 */
export const refusedFilesOf = ({
  content,
  files = [],
  state,
  error,
}: PendingMessage): ReadonlySet<string> => {
  const isSomethingLeft = files.length > 1 || content.trim() !== '';
  if (state !== 'failed' || error === undefined || !isSomethingLeft) return new Set();
  return new Set(files.filter(({ name }) => error.detail.startsWith(`“${name}”: `)).map(({ id }) => id));
};

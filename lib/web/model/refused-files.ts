import type { PendingMessage } from '../../client/chat-client.ts';

/**
 * The ids of the files because of which a message was not sent, as far as it can be sent without them: a failed upload
 * names its file, ahead of what is wrong with it. Files of the same name are all meant, for nothing tells them apart.
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

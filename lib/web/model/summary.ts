import type { PendingMessage } from '../../client/chat-client.ts';
import type { Attachment, Message } from '../../../functions/contract/schemas.ts';

type Kind = Attachment['kind'];

const names: Readonly<Record<Exclude<Kind, 'file'>, readonly [one: string, many: string]>> = {
  image: ['Photo', 'photos'],
  video: ['Video', 'videos'],
  audio: ['Audio', 'audio files'],
};

const summaryOfFiles = (files: readonly { readonly kind: Kind; readonly name: string }[]): string => {
  const [first] = files;
  if (first === undefined) return '';
  const kind = files.every((file) => file.kind === first.kind) ? first.kind : 'file';
  if (files.length > 1) return `${files.length} ${kind === 'file' ? 'files' : names[kind][1]}`;
  return kind === 'file' ? first.name : names[kind][0];
};

/** A message in one line: its text, or the kinds of its files. */
export const summaryOf = ({ content, attachments }: Pick<Message, 'content' | 'attachments'>): string =>
  content || summaryOfFiles(attachments.map(({ kind, file_name: name }) => ({ kind, name })));

/** The expected kind of a file with this media type; the service decides the kind when it inspects the file. */
export const kindOfType = (type: string): Kind => {
  const [major = ''] = type.split('/');
  if (major === 'image') return /^image\/(?:jpeg|png|webp|gif|avif)$/.test(type) ? 'image' : 'file';
  return major === 'video' || major === 'audio' ? major : 'file';
};

/** An unsent message in one line. */
export const summaryOfPending = ({ content, files = [] }: PendingMessage): string =>
  content || summaryOfFiles(files.map(({ name, type }) => ({ kind: kindOfType(type), name })));

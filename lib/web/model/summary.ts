import type { Message } from '../../../functions/contract/schemas.ts';

/** What a message says in one line: its text, or the names of its files. */
export const summaryOf = ({ content, attachments }: Pick<Message, 'content' | 'attachments'>): string =>
  content || attachments.map((file) => file.file_name).join(', ');

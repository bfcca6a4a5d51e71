import type { Attachment } from '../contract/schemas.ts';
import { fileUrls } from '../gateways/file-urls.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createAttachmentStore, type AttachmentRow } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';

/** The rows of files in this stage's MySQL. */
export const attachmentStore = createAttachmentStore(mysql);

/** The URLs of this stage's files. The signing key is read when the first file is rendered. */
export const liveFileUrls: ToAttachmentEffects = { urls: fileUrls };

/** Renders a file for a reader of a message that is not deleted. */
const toShown = (row: AttachmentRow): Promise<Attachment> =>
  toAttachment({ row, isDeleted: false }, liveFileUrls);

/** Files as readers of messages see them: one request to MySQL per call. */
export interface MessageFiles {
  /**
   * Files of messages that are not deleted, by the messages' row ids, in the order sent; messages without files are left
   * out.
   */
  findMany(messageRowIds: readonly number[]): Promise<Map<number, Attachment[]>>;
  /**
   * Files that a user is about to send, in the order of the given ids; without those that belong to somebody else or
   * do not exist.
   */
  findOwn(attachmentIds: readonly string[], uploaderId: number): Promise<Attachment[]>;
}

export const messageFiles: MessageFiles = {
  findMany: async (messageRowIds) => {
    const rows = await attachmentStore.findMany(messageRowIds);
    const shown = [...rows].map(async ([id, own]) => [id, await Promise.all(own.map(toShown))] as const);
    return new Map(await Promise.all(shown));
  },
  findOwn: async (attachmentIds, uploaderId) => {
    const rows = await attachmentStore.findOwn(attachmentIds, uploaderId);
    return Promise.all(rows.map(toShown));
  },
};

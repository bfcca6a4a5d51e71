import type { Attachment } from '../contract/schemas.ts';
import { fileUrls } from '../gateways/file-urls.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createAttachmentStore, type AttachmentRow } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';

/** Files, in this stage's MySQL. */
export const attachmentStore = createAttachmentStore(mysql);

/** Where files are, in this stage. The key that signs is read when the first file is shown. */
export const liveFileUrls: ToAttachmentEffects = { urls: fileUrls };

/** A file as whoever reads a message that is not deleted sees it. */
const toShown = (row: AttachmentRow): Promise<Attachment> =>
  toAttachment({ row, isDeleted: false }, liveFileUrls);

/** Files as readers of messages see them: one request to MySQL. */
export interface MessageFiles {
  /**
   * Files of messages that are not deleted, by the messages' row ids, in the order sent; messages without files are left
   * out.
   */
  findMany(messageRowIds: readonly number[]): Promise<Map<number, Attachment[]>>;
  /**
   * Files that a user is about to send, by their ids, in this order; those that are somebody else's or do not exist are
   * left out.
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

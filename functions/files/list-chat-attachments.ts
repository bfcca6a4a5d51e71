import { partOf, toPage } from '../contract/pages.ts';
import type { Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ChatAttachment, ListChatAttachmentsQuery } from './contract.ts';
import { attachmentStore, liveFileUrls } from './live.ts';
import type { AttachmentStore } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';

export interface ListChatAttachmentsEffects extends ToAttachmentEffects {
  readonly attachments: Pick<AttachmentStore, 'countInChat' | 'listInChat'>;
}

const liveEffects: ListChatAttachmentsEffects = { ...liveFileUrls, attachments: attachmentStore };

/** The files of a chat's visible messages, newest first. @throws ServiceError `chat_not_found` */
export const listChatAttachments = async (
  actor: Actor,
  chatId: number,
  { page, limit, kind }: ListChatAttachmentsQuery,
  effects: ListChatAttachmentsEffects = liveEffects,
): Promise<Page<ChatAttachment>> => {
  const { attachments } = effects;
  const [total, rows] = await Promise.all([
    attachments.countInChat(chatId, actor.userId, kind),
    attachments.listInChat(chatId, { ...partOf({ page, limit }), kind }),
  ]);
  if (total === undefined) throw new ServiceError('chat_not_found');
  const items = await Promise.all(
    rows.map(async ({ row, message }) => ({
      message_id: message.message_id,
      id: message.id,
      seq: message.seq,
      attachment: await toAttachment({ row, isDeleted: false }, effects),
    })),
  );
  return toPage(items, total, { page, limit });
};

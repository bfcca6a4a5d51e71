import type { Attachment } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { attachmentStore, liveFileUrls } from './live.ts';
import type { AttachmentStore } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';

export interface GetAttachmentEffects extends ToAttachmentEffects {
  readonly attachments: Pick<AttachmentStore, 'find'>;
}

const liveEffects: GetAttachmentEffects = { ...liveFileUrls, attachments: attachmentStore };

/**
 * A file with working URLs, for its uploader and for users who can see its message. While the message is deleted, the
 * uploader sees the file without URLs. An uploader who has left the chat still gets URLs.
 *
 * @throws ServiceError `attachment_not_found`
 */
export const getAttachment = async (
  actor: Actor,
  id: string,
  effects: GetAttachmentEffects = liveEffects,
): Promise<Attachment> => {
  const found = await effects.attachments.find(id, actor.userId);
  const isOwn = found?.row.uploader_id === actor.userId;
  if (found === undefined || (!isOwn && !found.isSeen)) throw new ServiceError('attachment_not_found');
  return toAttachment(found, effects);
};

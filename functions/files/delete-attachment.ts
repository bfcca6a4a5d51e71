import { ServiceError } from '../contract/service-error.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import type { Actor } from '../sessions/actor.ts';
import { attachmentStore } from './live.ts';
import { allKeysOf } from './object-keys.ts';
import type { AttachmentStore } from './stores/attachments.ts';

export interface DeleteAttachmentEffects {
  readonly attachments: Pick<AttachmentStore, 'remove'>;
  readonly storage: () => Pick<ObjectStorage, 'remove'>;
}

const liveEffects: DeleteAttachmentEffects = { attachments: attachmentStore, storage: objectStorage };

/**
 * Deletes a file that is in no message. Its row is marked first, so that nobody finds the file any more. The row
 * leads the job `remove-files` to any objects that remain, or that a concurrent `complete` still creates.
 *
 * @throws ServiceError `attachment_not_found` or `attachment_in_use`
 */
export const deleteAttachment = async (
  actor: Actor,
  id: string,
  { attachments, storage }: DeleteAttachmentEffects = liveEffects,
): Promise<void> => {
  const outcome = await attachments.remove(id, actor.userId);
  if (outcome === 'absent') throw new ServiceError('attachment_not_found');
  if (outcome === 'in_use') throw new ServiceError('attachment_in_use');
  await storage().remove(allKeysOf(id));
};

import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import { attachmentStore } from './live.ts';
import { allKeysOf } from './object-keys.ts';
import type { AttachmentStore } from './stores/attachments.ts';

export interface RemoveFilesOfEffects {
  readonly attachments: Pick<AttachmentStore, 'findMany' | 'forget'>;
  readonly storage: () => Pick<ObjectStorage, 'remove'>;
}

const liveEffects: RemoveFilesOfEffects = { attachments: attachmentStore, storage: objectStorage };

/** Removes the files of messages that nobody can see again. Idempotent: a failed run can be repeated. */
export const removeFilesOf = async (
  messageRowIds: readonly number[],
  { attachments, storage }: RemoveFilesOfEffects = liveEffects,
): Promise<void> => {
  const ids = [...(await attachments.findMany(messageRowIds)).values()]
    .flat()
    .map((row) => row.attachment_id);
  await storage().remove(ids.flatMap(allKeysOf));
  await attachments.forget(ids);
};

import { limits } from '../contract/limits.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Storage } from './contract.ts';
import { attachmentStore } from './live.ts';
import type { AttachmentStore } from './stores/attachments.ts';

/** The storage that the actor's files take, computed as a sum on each call; there is no counter. */
export const getStorage = async (
  actor: Actor,
  { attachments }: { readonly attachments: Pick<AttachmentStore, 'countBytes'> } = {
    attachments: attachmentStore,
  },
): Promise<Storage> => ({
  used_bytes: await attachments.countBytes(actor.userId),
  quota_bytes: limits.storage_bytes_per_user,
});

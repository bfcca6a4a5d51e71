import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { inBatches, runLimit } from '../platform/run-limit.ts';
import { attachmentStore } from './live.ts';
import { allKeysOf } from './object-keys.ts';
import type { AttachmentStore } from './stores/attachments.ts';

export interface RemoveFilesEffects {
  readonly attachments: Pick<AttachmentStore, 'findUnused' | 'remove' | 'forget'>;
  readonly storage: () => Pick<ObjectStorage, 'remove'>;
  readonly clock: Clock;
}

const liveEffects: RemoveFilesEffects = {
  attachments: attachmentStore,
  storage: objectStorage,
  clock: systemClock,
};

/** The result of a run. */
export interface RemoveFilesReport {
  readonly removed: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const BATCH = 100;
const UNUSED_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes files that are in no message and no avatar, a day after their upload began, and the remains of interrupted
 * removals. Removes a file's objects before its row, which is what leads to them. A file that is put into a message
 * concurrently stays.
 */
export const removeFiles = async ({
  attachments,
  storage,
  clock,
}: RemoveFilesEffects = liveEffects): Promise<RemoveFilesReport> => {
  const started = clock();
  const before = new Date(started.getTime() - UNUSED_AGE_MS);
  let removed = 0;
  const complete = await inBatches(runLimit(started, clock), async () => {
    const found = await attachments.findUnused(before, BATCH);
    const going: string[] = [];
    for (const { attachment_id: id, uploader_id: uploaderId, status } of found) {
      const outcome = status === 'removed' ? 'removed' : await attachments.remove(id, uploaderId);
      if (outcome !== 'in_use') going.push(id);
    }
    await storage().remove(going.flatMap(allKeysOf));
    await attachments.forget(going);
    removed += going.length;
    // The next batch finds neither the removed files nor those that a message contains by now.
    return found.length === BATCH;
  });
  return { removed, complete };
};

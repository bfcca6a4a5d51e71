import type { Message } from '../contract/schemas.ts';
import { publish, type Publication } from '../events/publish.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import { messageEvent } from '../messages/change-message.ts';
import { getMessage } from '../messages/get-message.ts';
import { attachmentStore } from './live.ts';
import { allKeysOf, attachmentIdOf } from './object-keys.ts';
import type { AttachmentStore } from './stores/attachments.ts';

export interface BlockFileEffects {
  readonly attachments: Pick<AttachmentStore, 'block'>;
  readonly storage: () => Pick<ObjectStorage, 'remove'>;
  /** A message as the user sees it. */
  readonly getMessage: (userId: number, id: number) => Promise<Message>;
  readonly publish: (events: readonly Publication[]) => Promise<void>;
}

const liveEffects: BlockFileEffects = {
  attachments: attachmentStore,
  storage: objectStorage,
  getMessage: (userId, id) => getMessage({ userId }, id),
  publish: (events) => publish(events),
};

/** The result of a scan that found a threat. */
export type BlockReport = { readonly outcome: 'blocked' | 'blocked_before' | 'no_file' };

/**
 * Blocks a file that contains a threat: its message shows it as `blocked`, without URLs and under a new `rev`, its
 * objects are removed, and everybody in the chat gets an event. Idempotent: a failed run can be repeated; clients ignore
 * the event of a `rev` that they have.
 *
 * @param key the key of the scanned object
 */
export const blockFile = async (
  key: string,
  { attachments, storage, getMessage: get, publish: tell }: BlockFileEffects = liveEffects,
): Promise<BlockReport> => {
  const id = attachmentIdOf(key);
  const result = id === undefined ? undefined : await attachments.block(id);
  if (id === undefined || result === undefined) return { outcome: 'no_file' };
  await storage().remove(allKeysOf(id));
  const { message } = result;
  const [viewer] = message?.memberIds ?? [];
  if (message !== null && viewer !== undefined) {
    await tell([messageEvent('message_updated', await get(viewer, message.id), message.memberIds)]);
  }
  return { outcome: result.outcome };
};

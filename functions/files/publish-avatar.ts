import { ServiceError } from '../contract/service-error.ts';
import { objectStorage } from '../gateways/object-storage.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { AvatarRefusal } from '../platform/mysql/avatars.ts';
import { attachmentStore } from './live.ts';
import { objectKeysOf } from './object-keys.ts';

/** Dependencies of changing an avatar. */
export interface AvatarEffects {
  readonly publishAvatar: (id: string, userId: number) => Promise<void>;
  readonly withdrawAvatar: (id: string | null) => Promise<void>;
}

/**
 * Copies a user's file to its public key, before the transaction that makes it an avatar: the object of every visible
 * avatar exists. A file that cannot become an avatar is skipped here and refused by the transaction. When the
 * transaction fails, `remove-files` removes the copy together with the file.
 */
const publishAvatar = async (id: string, userId: number): Promise<void> => {
  const isPublishable = async (): Promise<boolean> => {
    const [row] = await attachmentStore.findOwn([id], userId);
    return row?.status === 'ready' && row.purpose === 'avatar' && row.kind === 'image' && row.is_avatar === 0;
  };
  if (!(await isPublishable())) return;
  const { thumbnail, avatar } = objectKeysOf(id);
  const servedAs = { contentType: 'image/webp', contentDisposition: 'inline' };
  try {
    const { etag = '' } = (await objectStorage().find(thumbnail)) ?? {};
    if (!(await objectStorage().copy(thumbnail, avatar, servedAs, etag)))
      throw new Error('The picture has no object');
  } catch (error) {
    // For a function without permission to list the bucket, S3 answers 403 for an absent object. When the file was
    // deleted meanwhile, the transaction refuses it.
    if (await isPublishable()) throw error;
  }
};

/**
 * Removes the public object of an avatar that was replaced or removed. Its row already has the status `removed` and
 * leads `remove-files` to this object and the others, so a failure here does not fail the change.
 */
const withdrawAvatar = async (id: string | null): Promise<void> => {
  if (id === null) return;
  try {
    await objectStorage().remove([objectKeysOf(id).avatar]);
  } catch (error) {
    logger.warn('The object of a former picture was left behind', { error: loggedError(error) });
  }
};

/** The live effects of avatars in this stage. */
export const liveAvatars: AvatarEffects = { publishAvatar, withdrawAvatar };

/** Refuses a file that cannot become an avatar. @param path the input field that names the file */
export const refuseAvatar = (refusal: AvatarRefusal, path: string): never => {
  throw new ServiceError(refusal, { path });
};

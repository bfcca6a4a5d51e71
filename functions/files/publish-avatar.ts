import { ServiceError } from '../contract/service-error.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { AvatarRefusal } from '../platform/mysql/avatars.ts';
import { attachmentStore } from './live.ts';
import { objectKeysOf } from './object-keys.ts';
import type { AttachmentStore } from './stores/attachments.ts';

export interface PublishAvatarEffects {
  readonly attachments: Pick<AttachmentStore, 'findOwn'>;
  readonly storage: () => Pick<ObjectStorage, 'find' | 'copy'>;
}

export interface WithdrawAvatarEffects {
  readonly storage: () => Pick<ObjectStorage, 'remove'>;
}

/** Dependencies of whatever changes a picture. */
export interface AvatarEffects {
  readonly publishAvatar: (id: string, userId: number) => Promise<void>;
  readonly withdrawAvatar: (id: string | null) => Promise<void>;
}

/** The files of this stage. */
export const liveAvatars: AvatarEffects = {
  publishAvatar: (id, userId) => publishAvatar(id, userId),
  withdrawAvatar: (id) => withdrawAvatar(id),
};

/**
 * Copies a user's file to where anybody may read it, ahead of the transaction that makes it a picture: a picture that
 * is shown is always there. What cannot become a picture is left alone, for the transaction to refuse. When the
 * transaction does not come to pass, `remove-files` takes the copy away with the file.
 */
export const publishAvatar = async (
  id: string,
  userId: number,
  { attachments, storage }: PublishAvatarEffects = { attachments: attachmentStore, storage: objectStorage },
): Promise<void> => {
  const isPublishable = async (): Promise<boolean> => {
    const [row] = await attachments.findOwn([id], userId);
    return row?.status === 'ready' && row.purpose === 'avatar' && row.kind === 'image' && row.is_avatar === 0;
  };
  if (!(await isPublishable())) return;
  const { thumbnail, avatar } = objectKeysOf(id);
  const servedAs = { contentType: 'image/webp', contentDisposition: 'inline' };
  try {
    const { etag = '' } = (await storage().find(thumbnail)) ?? {};
    if (!(await storage().copy(thumbnail, avatar, servedAs, etag)))
      throw new Error('The picture has no object');
  } catch (error) {
    // S3 answers 403 for an object that is not there to a function that may not list the bucket. One of a file that has
    // been deleted meanwhile is refused by the transaction.
    if (await isPublishable()) throw error;
  }
};

/**
 * Removes the public object of a picture that has been replaced or taken away. Its row is `removed` by then and leads
 * `remove-files` to this object and the others, so that a failure here is no failure of the change.
 */
export const withdrawAvatar = async (
  id: string | null,
  { storage }: WithdrawAvatarEffects = { storage: objectStorage },
): Promise<void> => {
  if (id === null) return;
  try {
    await storage().remove([objectKeysOf(id).avatar]);
  } catch (error) {
    logger.warn('The object of a former picture was left behind', { error: loggedError(error) });
  }
};

/** Refuses a file that cannot become a picture. @param path the field of the input that names it */
export const refuseAvatar = (refusal: AvatarRefusal, path: string): never => {
  throw new ServiceError(refusal, { path });
};

import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { AttachmentUpload, CreateAttachmentBody } from './contract.ts';
import { attachmentStore, liveFileUrls } from './live.ts';
import { objectKeysOf } from './object-keys.ts';
import { kindOf } from './rules.ts';
import type { AttachmentRow, AttachmentStore } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';

export interface CreateAttachmentEffects extends ToAttachmentEffects {
  readonly attachments: Pick<AttachmentStore, 'insert'>;
  readonly storage: () => Pick<ObjectStorage, 'createUploadForm'>;
  readonly clock: Clock;
}

const liveEffects: CreateAttachmentEffects = {
  ...liveFileUrls,
  attachments: attachmentStore,
  storage: objectStorage,
  clock: systemClock,
};

/**
 * Begins the upload of a file: reserves its storage, and creates the form by which the client uploads the file
 * directly to S3.
 *
 * @throws ServiceError `file_too_large` or `storage_full`
 */
export const createAttachment = async (
  actor: Actor,
  { file_name, content_type, size, purpose }: CreateAttachmentBody,
  effects: CreateAttachmentEffects = liveEffects,
): Promise<AttachmentUpload> => {
  if (size > limits.file_bytes) throw new ServiceError('file_too_large');
  const row: Omit<AttachmentRow, 'id'> = {
    // The id of an avatar is also the name of a public object and must not be guessable: a UUIDv4 has 122 random bits
    // and no timestamp.
    attachment_id: purpose === 'avatar' ? randomUUID() : uuidv7(),
    uploader_id: actor.userId,
    purpose,
    kind: kindOf(content_type),
    file_name,
    content_type,
    size,
    created_at: effects.clock(),
    message_row_id: null,
    chat_id: null,
    position: null,
    width: null,
    height: null,
    placeholder: null,
    status: 'pending',
    is_avatar: 0,
  };
  const inserted = await effects.attachments.insert(row, limits.storage_bytes_per_user);
  if (inserted === 'full') throw new ServiceError('storage_full');
  const { url, fields, expiresAt } = await effects.storage().createUploadForm({
    key: objectKeysOf(row.attachment_id).upload,
    contentType: content_type,
    bytes: size,
  });
  return {
    attachment: await toAttachment({ row: { ...row, id: 0 }, isDeleted: false }, effects),
    upload: { url, fields: { ...fields }, expires_at: expiresAt.toISOString() },
  };
};

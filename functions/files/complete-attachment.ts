import type { Attachment } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { imageDecoder, type ImageDecoder } from '../gateways/image-decoder.ts';
import { objectStorage, type ObjectStorage, type StoredObject } from '../gateways/object-storage.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { attachmentStore, liveFileUrls } from './live.ts';
import { objectKeysOf } from './object-keys.ts';
import { contentDispositionOf, headBytesOf, kindOf, typeOf } from './rules.ts';
import type { AttachmentAccess, AttachmentRow, AttachmentStore, CheckedFile } from './stores/attachments.ts';
import { toAttachment, type ToAttachmentEffects } from './to-attachment.ts';
import { typeByBytes } from './type-by-bytes.ts';

export interface CompleteAttachmentEffects extends ToAttachmentEffects {
  readonly attachments: Pick<AttachmentStore, 'find' | 'makeReady' | 'reject'>;
  readonly storage: () => Pick<ObjectStorage, 'find' | 'read' | 'copy' | 'remove'>;
  readonly decoder: () => ImageDecoder;
}

const liveEffects: CompleteAttachmentEffects = {
  ...liveFileUrls,
  attachments: attachmentStore,
  storage: objectStorage,
  decoder: imageDecoder,
};

/** Checks a file and moves it to where it is served from; `rejected` when it is not of the declared type. */
const check = async (
  row: AttachmentRow,
  upload: StoredObject,
  { storage, decoder }: CompleteAttachmentEffects,
): Promise<CheckedFile | 'rejected'> => {
  const keys = objectKeysOf(row.attachment_id);
  const { etag } = upload;
  const head = await storage().read(keys.upload, { bytes: headBytesOf(row.content_type), etag });
  if (head === undefined) throw new ServiceError('upload_missing');
  const contentType = typeOf(row.content_type, await typeByBytes(head), Buffer.from(head).toString('latin1'));
  if (contentType === undefined) return 'rejected';

  const servedAs = (type: string) => ({
    contentType: type,
    contentDisposition: contentDispositionOf(type, row.file_name),
  });
  const copy = async (...copied: Parameters<ObjectStorage['copy']>): Promise<void> => {
    // The upload was replaced meanwhile, or a concurrent request has completed the file.
    if (!(await storage().copy(...copied))) throw new ServiceError('upload_missing');
  };

  if (kindOf(contentType) !== 'image') {
    await copy(keys.upload, keys.file, servedAs(contentType), etag);
    return {
      kind: kindOf(contentType),
      content_type: contentType,
      size: upload.bytes,
      width: null,
      height: null,
      placeholder: null,
    };
  }
  const decoded = await decoder().decode({
    purpose: row.purpose,
    upload: keys.upload,
    etag,
    image: keys.decodedImage,
    thumbnail: keys.decodedThumbnail,
  });
  if (decoded.outcome === 'refused') return 'rejected';
  if (decoded.outcome === 'absent') throw new ServiceError('upload_missing');
  const etagOf = async (key: typeof keys.decodedImage | typeof keys.decodedThumbnail): Promise<string> =>
    (await storage().find(key))?.etag ?? '';
  const [image, thumbnail] = await Promise.all([
    decoded.is_rewritten ? etagOf(keys.decodedImage) : undefined,
    etagOf(keys.decodedThumbnail),
  ]);
  const type = servedAs(decoded.content_type);
  await Promise.all([
    image === undefined
      ? copy(keys.upload, keys.file, type, etag)
      : copy(keys.decodedImage, keys.file, type, image),
    copy(keys.decodedThumbnail, keys.thumbnail, servedAs('image/webp'), thumbnail),
  ]);
  return {
    kind: 'image',
    content_type: decoded.content_type,
    size: decoded.bytes,
    width: decoded.width,
    height: decoded.height,
    placeholder: decoded.placeholder,
  };
};

/**
 * Removes the inputs and intermediate objects of the check. The bucket's lifecycle rule removes what this fails to
 * remove.
 */
const tidy = async (id: string, { storage }: CompleteAttachmentEffects): Promise<void> => {
  const keys = objectKeysOf(id);
  try {
    await storage().remove([keys.upload, keys.decodedImage, keys.decodedThumbnail]);
  } catch (error) {
    logger.warn('Objects of an upload were left behind', { error: loggedError(error) });
  }
};

/**
 * Completes an upload: checks that the file matches its declaration, has its image decoded, and moves it from the
 * upload prefix, where anybody with the form could replace it, to where it is served from. Idempotent, also for
 * concurrent calls.
 *
 * @throws ServiceError `attachment_not_found`, `upload_missing` or `file_rejected`
 */
export const completeAttachment = async (
  actor: Actor,
  id: string,
  effects: CompleteAttachmentEffects = liveEffects,
): Promise<Attachment> => {
  const { attachments, storage } = effects;
  const findOwn = async (): Promise<AttachmentAccess> => {
    const found = await attachments.find(id, actor.userId);
    if (found?.row.uploader_id !== actor.userId) throw new ServiceError('attachment_not_found');
    return found;
  };
  const settled = async (): Promise<Attachment> => {
    const found = await findOwn();
    if (found.row.status === 'pending') throw new ServiceError('upload_missing');
    if (found.row.status !== 'ready') throw new ServiceError('file_rejected');
    return toAttachment(found, effects);
  };

  const { row } = await findOwn();
  if (row.status !== 'pending') return settled();
  const upload = await storage().find(objectKeysOf(id).upload);
  // A concurrent request may have completed the file since.
  if (upload === undefined) return settled();
  let checked: CheckedFile | 'rejected';
  try {
    checked = await check(row, upload, effects);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'upload_missing') return settled();
    throw error;
  }
  if (checked === 'rejected') {
    if (!(await attachments.reject(id))) return settled();
    await tidy(id, effects);
    throw new ServiceError('file_rejected');
  }
  // A concurrent request settled the file, or deleted it; in the latter case `remove-files` removes the objects that
  // were just copied.
  if (!(await attachments.makeReady(id, checked))) return settled();
  await tidy(id, effects);
  // A pending file is in no message. Whatever happens to the file after its completion counts as later than this
  // response.
  return toAttachment({ row: { ...row, ...checked, status: 'ready' }, isDeleted: false }, effects);
};

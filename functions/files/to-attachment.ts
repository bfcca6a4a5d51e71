import type { Attachment } from '../contract/schemas.ts';
import type { FileUrls } from '../gateways/file-urls.ts';
import { objectKeysOf } from './object-keys.ts';
import type { AttachmentAccess } from './stores/attachments.ts';

/** Dependencies of rendering files. */
export interface ToAttachmentEffects {
  readonly urls: () => Pick<FileUrls, 'sign'>;
}

/**
 * Renders a file for users with access to it. A file in a deleted message has no URLs, for anybody. `isDeleted` has
 * no default: a caller that forgot to check would otherwise give the URLs away.
 */
export const toAttachment = async (
  { row, isDeleted }: Pick<AttachmentAccess, 'row' | 'isDeleted'>,
  { urls }: ToAttachmentEffects,
): Promise<Attachment> => {
  const keys = objectKeysOf(row.attachment_id);
  const isImage = row.width !== null;
  const signed =
    row.status === 'ready' && !isDeleted
      ? await Promise.all([urls().sign(keys.file), isImage ? urls().sign(keys.thumbnail) : undefined])
      : undefined;
  return {
    id: row.attachment_id,
    kind: row.kind,
    file_name: row.file_name,
    content_type: row.content_type,
    size: row.size,
    width: row.width,
    height: row.height,
    placeholder: row.placeholder,
    // Nobody can find a removed file, so clients have no status for it.
    status: row.status === 'removed' ? 'rejected' : row.status,
    url: signed?.[0].url ?? null,
    thumbnail_url: signed?.[1]?.url ?? null,
    urls_expire_at: signed?.[0].expiresAt.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
};

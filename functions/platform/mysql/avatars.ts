import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The reasons why a file cannot become an avatar. */
export type AvatarRefusal =
  'unknown_attachment' | 'attachment_in_use' | 'attachment_not_ready' | 'avatar_not_image';

/** The new avatar of a user or group, and the one that it replaces; null stands for none. */
export interface AvatarExchange {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Makes a file the avatar and removes the previous one, in the transaction that holds the row lock of the user or
 * group and stores the id there. Locks both rows in key order, like sends do: two exchanges that share a file wait
 * for each other and never deadlock.
 *
 * @param uploaderId the user who must have uploaded the new avatar; the previous one may be somebody else's
 */
export const exchangeAvatar = async (
  transaction: Kysely<Database>,
  uploaderId: number,
  { from, to }: AvatarExchange,
): Promise<'exchanged' | AvatarRefusal> => {
  const ids = [from, to].filter((id) => id !== null);
  if (ids.length === 0) return 'exchanged';
  const { rows } = await sql<AttachmentSelection>`
    SELECT attachment_id, uploader_id, purpose, kind, status, is_avatar
    FROM attachments FORCE INDEX (uq_attachments_attachment_id)
    WHERE attachment_id IN (${sql.join(ids)})
    ORDER BY attachment_id FOR UPDATE`.execute(transaction);
  if (to !== null) {
    const refusal = refusalOf(
      rows.find((row) => row.attachment_id === to),
      uploaderId,
    );
    if (refusal !== undefined) return refusal;
    await transaction
      .updateTable('attachments')
      .set({ is_avatar: true })
      .where('attachment_id', '=', to)
      .execute();
  }
  if (from !== null) {
    await transaction
      .updateTable('attachments')
      .set({ is_avatar: false, status: 'removed' })
      .where('attachment_id', '=', from)
      .execute();
  }
  return 'exchanged';
};

interface AttachmentSelection {
  attachment_id: string;
  uploader_id: number;
  purpose: 'message' | 'avatar';
  kind: Database['attachments']['kind'];
  status: Database['attachments']['status'];
  is_avatar: 0 | 1;
}

const refusalOf = (row: AttachmentSelection | undefined, uploaderId: number): AvatarRefusal | undefined => {
  const isOwn = row?.uploader_id === uploaderId && row.purpose === 'avatar' && row.status !== 'removed';
  if (!isOwn) return 'unknown_attachment';
  if (row.is_avatar === 1) return 'attachment_in_use';
  if (row.status !== 'ready') return 'attachment_not_ready';
  return row.kind === 'image' ? undefined : 'avatar_not_image';
};

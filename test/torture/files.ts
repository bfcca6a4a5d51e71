import assert from 'node:assert/strict';
import { sql, type Kysely } from 'kysely';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import type { Database } from '../../functions/platform/mysql/schema.ts';
import { localObjectKeys } from '../support/local-objects.ts';
import type { Arena } from './arena.ts';

/** The id of the file that an object belongs to. */
const fileOf = (key: string): string => key.slice(2).replace(/\.thumbnail$/, '');

/** Makes files two days older, and deletions of messages two months. */
const passTime = async (db: Kysely<Database>): Promise<void> => {
  await sql`UPDATE attachments SET created_at = created_at - INTERVAL 2 DAY`.execute(db);
  await sql`UPDATE message_metadata SET deleted_at = deleted_at - INTERVAL 60 DAY WHERE is_deleted = 1`.execute(
    db,
  );
  await sql`DELETE FROM job_progress WHERE job = 'purge-deleted'`.execute(db);
};

/**
 * Checks the bucket after all faults: each object must belong to a row; and once time has passed and the jobs have run,
 * exactly the files that a user can still see must be left, completely.
 */
export const assertNoOrphans = async ({ cloud, dataDirectory }: Arena): Promise<void> => {
  const db = openMysql(async () => cloud.mysql, { connections: 1 });
  try {
    const known = new Set(
      (await db.selectFrom('attachments').select('attachment_id').execute()).map((row) => row.attachment_id),
    );
    assert.deepEqual(
      localObjectKeys(dataDirectory).filter((key) => !known.has(fileOf(key))),
      [],
      'Objects without a row',
    );

    await passTime(db);
    for (const job of ['purge-deleted', 'remove-files']) {
      await cloud.lambda.invoke(`chat-service-local-${job}`, {});
    }
    const { rows } = await sql<{ id: string; is_image: 0 | 1; is_avatar: 0 | 1 }>`
      SELECT a.attachment_id AS id, a.width IS NOT NULL AS is_image, a.is_avatar
      FROM attachments AS a
      LEFT JOIN message_metadata AS m ON m.id = a.message_row_id AND m.is_deleted = 0
      WHERE a.status = 'ready' AND (m.id IS NOT NULL OR a.is_avatar = 1)`.execute(db);
    const served = rows.flatMap(({ id, is_image: isImage, is_avatar: isAvatar }) => [
      `f/${id}`,
      ...(isImage === 1 ? [`t/${id}`] : []),
      ...(isAvatar === 1 ? [`a/${id}`] : []),
    ]);
    const present = localObjectKeys(dataDirectory).filter(
      (key) => !key.startsWith('u/') && !key.startsWith('d/'),
    );
    assert.deepEqual(
      present,
      served.toSorted(),
      'Objects that nobody can see, or files without their objects',
    );

    const { rows: avatars } = await sql<{ avatar_id: string }>`
      SELECT avatar_id FROM users WHERE avatar_id IS NOT NULL
      UNION ALL SELECT avatar_id FROM chats WHERE avatar_id IS NOT NULL`.execute(db);
    assert.deepEqual(
      avatars.map((row) => row.avatar_id).toSorted(),
      rows
        .filter((row) => row.is_avatar === 1)
        .map((row) => row.id)
        .toSorted(),
      'Pictures that are not the files that are in use as such',
    );
    const { rows: gone } =
      await sql`SELECT id FROM users WHERE is_active = 0 AND avatar_id IS NOT NULL`.execute(db);
    assert.deepEqual(gone, [], 'Pictures of accounts that have gone');
  } finally {
    await db.destroy();
  }
};

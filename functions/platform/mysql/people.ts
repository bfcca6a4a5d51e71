import { sql, type RawBuilder } from 'kysely';
import { DELETED_USERNAME } from '../../text/deleted-username.ts';
import { isPresenceHidden } from './blocks.ts';

/** The columns of a user that others may see. */
export interface PersonSelection {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly avatar_id: string | null;
  readonly last_seen: Date | null;
  readonly is_active: 0 | 1;
  /** Whether the user's presence is hidden from the viewer. */
  readonly is_hidden: 0 | 1;
}

/** A user as the viewer sees them. */
export interface PersonRow extends Omit<PersonSelection, 'is_active' | 'is_hidden'> {
  readonly is_hidden: boolean;
}

/** The columns of a `PersonSelection`, from a table alias of `users`. */
export const personColumns = (user: string, viewerId: number): RawBuilder<unknown> => {
  const columns = ['id', 'username', 'full_name', 'avatar_id', 'last_seen', 'is_active'] as const;
  return sql`${sql.join(columns.map((column) => sql.ref(`${user}.${column}`)))},
    ${isPresenceHidden(viewerId, `${user}.id`)} AS is_hidden`;
};

/** The displayed user name: a placeholder for a deactivated account, and for one whose row is gone. */
export const shownName = (username: string | null, isActive: 0 | 1 | null): string =>
  username !== null && isActive === 1 ? username : DELETED_USERNAME;

/** A user's names and avatar as others see them: only a placeholder for a deactivated account. */
export const shownNames = (
  row: Pick<PersonSelection, 'username' | 'full_name' | 'avatar_id' | 'is_active'>,
): Pick<PersonRow, 'username' | 'full_name' | 'avatar_id'> => ({
  username: shownName(row.username, row.is_active),
  full_name: row.is_active === 1 ? row.full_name : null,
  avatar_id: row.is_active === 1 ? row.avatar_id : null,
});

/** A user as others see them; a deactivated account appears under a placeholder. */
export const toPerson = (row: PersonSelection): PersonRow => ({
  id: row.id,
  ...shownNames(row),
  last_seen: row.is_active === 1 ? row.last_seen : null,
  is_hidden: row.is_hidden === 1,
});

import { DELETED_USERNAME } from '../../text/deleted-username.ts';

/** A row of `users`, as far as others see it. */
export interface PersonSelection {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly avatar_id: string | null;
  readonly last_seen: Date | null;
  readonly is_active: 0 | 1;
  /** Whether the viewer does not see whether they are online. */
  readonly is_hidden: 0 | 1;
}

/** A user as another one sees them. */
export interface PersonRow extends Omit<PersonSelection, 'is_active' | 'is_hidden'> {
  readonly is_hidden: boolean;
}

/** A user as others see them; one whose account was deactivated, under a placeholder. */
export const toPerson = (row: PersonSelection): PersonRow => ({
  id: row.id,
  ...(row.is_active === 1
    ? {
        username: row.username,
        full_name: row.full_name,
        avatar_id: row.avatar_id,
        last_seen: row.last_seen,
      }
    : { username: DELETED_USERNAME, full_name: null, avatar_id: null, last_seen: null }),
  is_hidden: row.is_hidden === 1,
});

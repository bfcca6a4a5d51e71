import { DELETED_USERNAME } from '../../text/deleted-username.ts';
import type { PersonRow } from './chats.ts';

/** A row of `users`, as far as others see it. */
export interface UserSelection {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly avatar_id: string | null;
  readonly last_seen: Date | null;
  readonly is_active: 0 | 1;
  /** Whether the viewer does not see whether they are online. */
  readonly is_hidden: 0 | 1;
}

/** A user as others see them; one whose account was deactivated, under a placeholder. */
export const toPerson = ({
  id,
  is_active: isActive,
  is_hidden: isHidden,
  ...shown
}: UserSelection): PersonRow => ({
  id,
  ...(isActive === 1
    ? shown
    : { username: DELETED_USERNAME, full_name: null, avatar_id: null, last_seen: null }),
  is_hidden: isHidden === 1,
});

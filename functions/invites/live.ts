import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createInviteStore } from './stores/invites.ts';

/** The invitations in this stage's MySQL. */
export const inviteStore = createInviteStore(mysql, limits.invites_per_chat);

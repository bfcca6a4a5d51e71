import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow } from './change-group.ts';
import { banStore } from './live.ts';
import type { BanStore } from './stores/bans.ts';

export interface UnbanUserEffects {
  readonly bans: Pick<BanStore, 'unban'>;
}

/** Ends a ban; a no-op when there is none. @throws ServiceError `chat_not_found` or `not_group_admin` */
export const unbanUser = async (
  actor: Actor,
  chatId: number,
  userId: number,
  { bans }: UnbanUserEffects = { bans: banStore },
): Promise<void> => {
  changeOrThrow(await bans.unban(chatId, actor.userId, userId), actor);
};

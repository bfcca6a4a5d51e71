import { partOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery } from '../contract/schemas.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { toPublicProfile } from '../users/to-public-profile.ts';
import { assertMayRead, type AssertMayReadEffects } from './assert-may-read.ts';
import type { Ban } from './contract.ts';
import { banStore, participantStore } from './live.ts';
import type { BanStore } from './stores/bans.ts';

export interface ListBansEffects extends AssertMayReadEffects {
  readonly bans: Pick<BanStore, 'count' | 'listPage'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: ListBansEffects = {
  participants: participantStore,
  bans: banStore,
  connections: liveConnections,
  clock: systemClock,
};

/** The active bans of a group, latest first. @throws ServiceError `chat_not_found` or `not_group_admin` */
export const listBans = async (
  actor: Actor,
  chatId: number,
  { page, limit }: PageQuery,
  effects: ListBansEffects = liveEffects,
): Promise<Page<Ban>> => {
  const { bans, clock } = effects;
  await assertMayRead(actor, chatId, 'list_bans', effects);
  const at = clock();
  const [total, rows] = await Promise.all([
    bans.count(chatId, at),
    bans.listPage(chatId, actor.userId, at, partOf({ page, limit })),
  ]);
  const presences = await findPresences(
    rows.map(({ user }) => user.id),
    effects,
  );
  const items = rows.map(({ user, banned_by, reason, until, created_at: createdAt }) => ({
    user: toPublicProfile(user, presences),
    banned_by,
    reason,
    until: until === null ? null : until.toISOString(),
    created_at: createdAt.toISOString(),
  }));
  return toPage(items, total, { page, limit });
};

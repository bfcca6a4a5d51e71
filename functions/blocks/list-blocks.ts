import { partOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery, PublicProfile } from '../contract/schemas.ts';
import { systemClock } from '../platform/clock.ts';
import { findPresences, type FindPresencesEffects } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { toPublicProfile } from '../users/to-public-profile.ts';
import { blockStore } from './live.ts';
import type { BlockStore } from './store.ts';

export interface ListBlocksEffects extends FindPresencesEffects {
  readonly blocks: Pick<BlockStore, 'count' | 'listPage'>;
}

const liveEffects: ListBlocksEffects = {
  blocks: blockStore,
  connections: liveConnections,
  clock: systemClock,
};

/** The users whom the actor has blocked, latest first, without users whose account is deactivated. */
export const listBlocks = async (
  { userId }: Actor,
  { page, limit }: PageQuery,
  effects: ListBlocksEffects = liveEffects,
): Promise<Page<PublicProfile>> => {
  const [total, rows] = await Promise.all([
    effects.blocks.count(userId),
    effects.blocks.listPage(userId, partOf({ page, limit })),
  ]);
  const presences = await findPresences(
    rows.map(({ id }) => id),
    effects,
  );
  return toPage(
    rows.map((row) => toPublicProfile(row, presences)),
    total,
    { page, limit },
  );
};

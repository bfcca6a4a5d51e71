import type { listBlocks } from '../../functions/blocks/contract.ts';
import type { Call } from './contract.ts';
import { createFreshAnswers } from './fresh-answers.ts';

/** The users whom the user has blocked. */
export interface Blocks {
  readonly has: (userId: number) => boolean;
  /** Records a block that this client has made or revoked. */
  readonly note: (userId: number, isBlocked: boolean) => void;
  /** Fetches all blocks. After a failure the known ones stay; the next connection tries again. */
  readonly reload: () => Promise<void>;
  readonly clear: () => void;
}

const PAGE_ITEMS = 100;

/**
 * The user's blocks, as far as this client knows them.
 *
 * @param onChange called with all blocks; `isFirst` tells that none were known before, so that all unread counts so
 *   far come from the service
 */
export const createBlocks = (
  call: Call,
  onChange: (userIds: readonly number[], isFirst: boolean) => void,
): Blocks => {
  let known: ReadonlySet<number> | undefined;
  const { changed, ask } = createFreshAnswers();

  const set = (next: ReadonlySet<number>): void => {
    const before = known;
    changed();
    known = next;
    if (next.size !== (before?.size ?? 0) || [...next].some((id) => !before?.has(id))) {
      onChange([...next], !before);
    }
  };

  const fetchAll = async (): Promise<Set<number>> => {
    const found = new Set<number>();
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const answer = await call<typeof listBlocks>('GET /users/me/blocks', 'items', {
        page,
        limit: PAGE_ITEMS,
      });
      for (const { id } of answer.items) found.add(id);
      ({ pages } = answer);
    }
    return found;
  };

  return {
    has: (userId) => known?.has(userId) === true,
    note: (userId, isBlocked) => {
      const next = new Set(known);
      if (isBlocked) next.add(userId);
      else next.delete(userId);
      set(next);
    },
    // After a failure the known blocks stay: the next connection tries again.
    reload: () => ask(fetchAll).then(set, () => undefined),
    clear: () => {
      changed();
      known = undefined;
    },
  };
};

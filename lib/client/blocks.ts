import type { listBlocks } from '../../functions/blocks/contract.ts';
import type { Call } from './contract.ts';
import { createFreshAnswers } from './fresh-answers.ts';

/** Whom the user has blocked. */
export interface Blocks {
  readonly has: (userId: number) => boolean;
  /** A block that was made or taken back here. */
  readonly note: (userId: number, isBlocked: boolean) => void;
  /** Reads all of them. A failure leaves what is known; the next connection asks again. */
  readonly reload: () => Promise<void>;
  readonly clear: () => void;
}

const PAGE_ITEMS = 100;

/**
 * The user's blocks, as far as they are known here.
 *
 * @param onChange hears whether nothing was known until now: then whatever was counted, was counted by the service
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
      onChange([...next], before === undefined);
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
    // After a failure what is known stays: the next connection asks again.
    reload: () => ask(fetchAll).then(set, () => undefined),
    clear: () => {
      changed();
      known = undefined;
    },
  };
};

import type { ChatApi } from './chat-client.ts';

/** Whom the user has blocked. */
export interface Blocks {
  readonly has: (userId: number) => boolean;
  /** A block that was made or taken back here. */
  readonly note: (userId: number, isBlocked: boolean) => void;
  /** Reads all of them. A failure leaves what is known; the next connection asks again. */
  readonly reload: () => Promise<void>;
  readonly clear: () => void;
}

interface BlocksEffects {
  readonly api: Pick<ChatApi, 'listBlocks'>;
  /** @param isFirst whether nothing was known until now: then whatever was counted, was counted by the service */
  readonly onChange: (userIds: readonly number[], isFirst: boolean) => void;
}

const PAGE_ITEMS = 100;

/** The user's blocks, as far as they are known here. An answer that is older than the last change here is thrown away. */
export const createBlocks = ({ api, onChange }: BlocksEffects): Blocks => {
  let known = new Set<number>();
  let version = 0;
  let isKnown = false;

  const set = (next: Set<number>): void => {
    version += 1;
    const isSame = next.size === known.size && [...next].every((id) => known.has(id));
    const isFirst = !isKnown;
    known = next;
    isKnown = true;
    if (!isSame) onChange([...known], isFirst);
  };

  return {
    has: (userId) => known.has(userId),
    note: (userId, isBlocked) =>
      set(new Set(isBlocked ? [...known, userId] : [...known].filter((id) => id !== userId))),
    reload: async () => {
      version += 1;
      const asked = version;
      const found = new Set<number>();
      try {
        for (let page = 1, pages = 1; page <= pages; page += 1) {
          const answer = await api.listBlocks({ page, limit: PAGE_ITEMS });
          for (const { id } of answer.items) found.add(id);
          ({ pages } = answer);
        }
      } catch {
        return;
      }
      if (asked === version) set(found);
    },
    clear: () => {
      version += 1;
      known = new Set();
      isKnown = false;
    },
  };
};

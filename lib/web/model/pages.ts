import { batch, computed, signal } from '@preact/signals';
import type { Page } from '../../client/types.ts';
import { createLatestAnswer } from './latest-answer.ts';
import { sentenceOf } from './sentences.ts';

/** Asks the service for a page of a list. */
export type AskPage<Item> = (query: { readonly page: number; readonly limit: number }) => Promise<Page<Item>>;

/** As many items as the service gives at once. */
const LIMIT = 100;

/**
 * A list of the service that is loaded page by page, as a view shows it.
 *
 * @param keyOf identifies an item: one that moved from one page to the next between two questions is shown once
 * @param limit how many items a page has
 */
export const createPages = <Item>(
  ask: AskPage<Item>,
  keyOf: (item: Item) => string | number,
  limit: number = LIMIT,
) => {
  /** Undefined until the first page is there. */
  const items = signal<readonly Item[] | undefined>(undefined);
  /** How far into the list of the service the loaded pages reach, and how long that list is. */
  const extent = signal({ reached: 0, total: 0 });
  /** What to say of the list, or of what was done with it. */
  const said = signal('');
  const answers = createLatestAnswer();
  let isLoading = false;

  /** One that moved to the next page between two questions is in both. */
  const withoutDoubles = (all: readonly Item[]): Item[] => [
    ...new Map(all.map((item) => [keyOf(item), item])).values(),
  ];

  /** As far as the list is loaded, so that nobody who has come further down loses their place. */
  const askAgain = async (): Promise<Page<Item>> => {
    const pages = Math.ceil(extent.peek().reached / limit);
    let answer = await ask({ page: 1, limit });
    let all = answer.items;
    while (answer.page < pages && answer.page * limit < answer.total) {
      answer = await ask({ page: answer.page + 1, limit });
      all = [...all, ...answer.items];
    }
    return { ...answer, items: all };
  };

  const load = async (isAnew: boolean): Promise<void> => {
    isLoading = true;
    said.value = '';
    try {
      const answer = await answers.ask(() =>
        // After a removal the page that the loaded ones end in has an item more: it is asked for again.
        isAnew ? askAgain() : ask({ page: Math.floor(extent.peek().reached / limit) + 1, limit }),
      );
      // The later question is still loading.
      if (answer === undefined) return;
      const before = isAnew ? [] : (items.peek() ?? []);
      const known = new Set(before.map(keyOf));
      batch(() => {
        items.value = [...before, ...withoutDoubles(answer.items).filter((item) => !known.has(keyOf(item)))];
        extent.value = { reached: answer.page * limit, total: answer.total };
      });
    } catch (error) {
      said.value = sentenceOf(error);
    }
    isLoading = false;
  };

  /** The list has become longer or shorter here: answers to what was asked before do not show it. */
  const change = (next: (items: readonly Item[]) => readonly Item[], by: 1 | -1): void => {
    answers.changed();
    const before = items.peek();
    if (before === undefined) return;
    const { reached, total } = extent.peek();
    batch(() => {
      items.value = next(before);
      extent.value = { reached: reached + by, total: total + by };
    });
  };

  return {
    items,
    said,
    hasMore: computed(() => extent.value.reached < extent.value.total),
    /** Loads the list anew, as far as it is loaded; what is shown stays until the answer is there. */
    reload: (): Promise<void> => load(true),
    /** Loads the next page, or the same one again after a failure; does nothing while a page is being loaded. */
    more: async (): Promise<void> => {
      if (!isLoading) await load(false);
    },
    /** Shows an item that was made here, ahead of the others. */
    add: (item: Item): void => change((before) => [item, ...before], 1),
    /** Takes out an item that the service does not have any more. */
    remove: (key: string | number): void =>
      change((before) => before.filter((item) => keyOf(item) !== key), -1),
  };
};
export type Pages<Item> = ReturnType<typeof createPages<Item>>;

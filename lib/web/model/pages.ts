import { batch, computed, signal } from '@preact/signals';
import type { Page } from '../../client/types.ts';
import { createLatestAnswer } from './latest-answer.ts';
import { sentenceOf } from './sentences.ts';

/** Requests one page of a list from the service. */
export type AskPage<Item> = (query: { readonly page: number; readonly limit: number }) => Promise<Page<Item>>;

/** The service's maximal page size. */
const LIMIT = 100;

/**
 * A list of the service that is loaded page by page, as signals for a view.
 *
 * @param keyOf identifies an item: an item that moves to another page between two requests is shown once
 * @param limit the number of items per page
 */
export const createPages = <Item>(
  ask: AskPage<Item>,
  keyOf: (item: Item) => string | number,
  limit: number = LIMIT,
) => {
  /** Undefined until the first page is loaded. */
  const items = signal<readonly Item[] | undefined>(undefined);
  /** How far into the service's list the loaded pages reach, and the total length of that list. */
  const extent = signal({ reached: 0, total: 0 });
  /** The message about the list or about an action on it. */
  const message = signal('');
  const answers = createLatestAnswer();
  let isLoading = false;

  /** Removes duplicates: an item that moved to the next page between two requests is in both pages. */
  const withoutDuplicates = (all: readonly Item[]): Item[] => [
    ...new Map(all.map((item) => [keyOf(item), item])).values(),
  ];

  /** Loads the list again as far as it was loaded, so that a user who has scrolled down keeps the place. */
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
    message.value = '';
    try {
      const answer = await answers.ask(() =>
        // After a removal the last loaded page has moved up by one item, so it is requested again.
        isAnew ? askAgain() : ask({ page: Math.floor(extent.peek().reached / limit) + 1, limit }),
      );
      // The later request is still running.
      if (answer === undefined) return;
      const before = isAnew ? [] : (items.peek() ?? []);
      const known = new Set(before.map(keyOf));
      batch(() => {
        items.value = [
          ...before,
          ...withoutDuplicates(answer.items).filter((item) => !known.has(keyOf(item))),
        ];
        extent.value = { reached: answer.page * limit, total: answer.total };
      });
    } catch (error) {
      message.value = sentenceOf(error);
    }
    isLoading = false;
  };

  /** Changes the list locally; responses to earlier requests do not contain the change and are requested again. */
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
    message,
    /** The length of the service's list. */
    total: computed(() => extent.value.total),
    hasMore: computed(() => extent.value.reached < extent.value.total),
    /** Loads the list again as far as it was loaded; the shown items stay until the response arrives. */
    reload: (): Promise<void> => load(true),
    /** Loads the next page, or after a failure the same page again; does nothing while a page is loading. */
    more: async (): Promise<void> => {
      if (!isLoading) await load(false);
    },
    /** Inserts an item that this page created at the start of the list. */
    add: (item: Item): void => change((before) => [item, ...before], 1),
    /** Removes an item that no longer exists at the service. */
    remove: (key: string | number): void =>
      change((before) => before.filter((item) => keyOf(item) !== key), -1),
  };
};
export type Pages<Item> = ReturnType<typeof createPages<Item>>;

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Page } from '../../client/types.ts';
import { sentenceOf } from '../model/chat-model.ts';

/** As many as a page of a list has at most. */
const ITEMS = 100;

/**
 * A list that the service has, loaded page by page.
 *
 * @param ask asks for a page. @param keyOf by what an item is known: one that moved to the next page meanwhile is shown once
 */
export const useList = <Item>(
  ask: (page: { readonly page: number; readonly limit: number }) => Promise<Page<Item>>,
  keyOf: (item: Item) => string | number,
) => {
  const items = useSignal<readonly Item[] | undefined>(undefined);
  const pages = useSignal({ last: 0, all: 0 });
  /** What to say of the list, or of what was done with it. */
  const said = useSignal('');

  const more = async (): Promise<void> => {
    said.value = '';
    try {
      const answer = await ask({ page: pages.peek().last + 1, limit: ITEMS });
      const before = items.peek() ?? [];
      const known = new Set(before.map(keyOf));
      items.value = [...before, ...answer.items.filter((item) => !known.has(keyOf(item)))];
      pages.value = { last: answer.page, all: answer.pages };
    } catch (error) {
      said.value = sentenceOf(error);
    }
  };
  useEffect(() => void more(), []);

  return {
    items,
    said,
    more,
    hasMore: pages.value.last < pages.value.all,
    remove: (key: string | number): void => {
      items.value = items.peek()?.filter((item) => keyOf(item) !== key);
    },
  };
};

import { useEffect, useMemo } from 'preact/hooks';
import { createPages, type AskPage, type Pages } from '../model/pages.ts';

/**
 * A list of the service, loaded page by page.
 *
 * @param ask may depend on what `of` holds, and on nothing else that changes
 * @param keyOf identifies an item
 * @param options.of what the list is a list of: with another value it begins empty
 * @param options.after the list is loaded anew after a change of these
 * @param options.canReload false: a list that is there stays as it is, for the service cannot be asked
 */
export const usePages = <Item>(
  ask: AskPage<Item>,
  keyOf: (item: Item) => string | number,
  options: {
    readonly limit?: number;
    readonly of?: readonly unknown[];
    readonly after?: readonly unknown[];
    readonly canReload?: boolean;
  } = {},
): Pages<Item> => {
  const { limit, of = [], after = [], canReload = true } = options;
  const pages = useMemo(() => createPages(ask, keyOf, limit), of);
  useEffect(() => {
    if (canReload || pages.items.peek() === undefined) void pages.reload();
  }, [pages, canReload, ...after]);
  return pages;
};

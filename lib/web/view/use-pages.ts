import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { createPages, type AskPage, type Pages } from '../model/pages.ts';
import { useModel } from './use-model.ts';

/** Messages that come one after the other, as after a reconnection, are one reason to load a list anew. */
const TOGETHER_MS = 100;

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

/**
 * Loads a list anew when a message comes, or changes, that makes it another one.
 *
 * @param isOther whether a message of any chat does, with the list as it is loaded
 */
export const useReload = <Item>(
  pages: Pages<Item>,
  isOther: (
    message: Message,
    list: { readonly items: readonly Item[] | undefined; readonly hasMore: boolean },
  ) => boolean,
): void => {
  const { client } = useModel();
  const latest = useRef(isOther);
  latest.current = isOther;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = client.on('message', ({ message }) => {
      const list = { items: pages.items.peek(), hasMore: pages.hasMore.peek() };
      if (timer !== undefined || !latest.current(message, list)) return;
      timer = setTimeout(() => {
        timer = undefined;
        void pages.reload();
      }, TOGETHER_MS);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [pages]);
};

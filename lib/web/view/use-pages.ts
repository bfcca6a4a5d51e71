import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { createPages, type AskPage, type Pages } from '../model/pages.ts';
import { useModel } from './use-model.ts';

/** Messages that arrive within this time, as after a reconnection, cause only one reload. */
const TOGETHER_MS = 100;

/**
 * A list of the service that is loaded page by page.
 *
 * @param ask may depend on the values in `of`, but on no other values that change
 * @param keyOf identifies an item
 * @param options.of identifies the list: when one of these values changes, the list starts empty
 * @param options.after the list is reloaded when one of these values changes
 * @param options.canReload false: an existing list stays as it is, since the service is unreachable
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
 * Reloads a list when a new or changed message affects it.
 *
 * @param isOther whether a message, of any chat, changes the list as far as it is loaded
 */
export const useReload = <Item>(
  pages: Pages<Item>,
  affectsList: (
    message: Message,
    list: { readonly items: readonly Item[] | undefined; readonly hasMore: boolean },
  ) => boolean,
): void => {
  const { client } = useModel();
  const latest = useRef(affectsList);
  latest.current = affectsList;
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

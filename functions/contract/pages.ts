import type { Page, PageQuery } from './schemas.ts';

/** The SQL limit and offset of a page. */
export const partOf = ({ page, limit }: PageQuery): { readonly limit: number; readonly offset: number } => ({
  limit,
  offset: (page - 1) * limit,
});

/** The items of one page, from a list that is in memory as a whole. */
export const itemsOf = <Item>(all: readonly Item[], { page, limit }: PageQuery): Item[] =>
  all.slice((page - 1) * limit, page * limit);

/** A page in the contract's shape; `pages` is 0 when there are no items. */
export const toPage = <Item>(items: Item[], total: number, { page, limit }: PageQuery): Page<Item> => ({
  items,
  total,
  page,
  limit,
  pages: Math.ceil(total / limit),
});

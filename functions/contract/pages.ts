import type { Page, PageQuery } from './schemas.ts';

/** The part of a list that a page is. */
export const partOf = ({ page, limit }: PageQuery): { readonly limit: number; readonly offset: number } => ({
  limit,
  offset: (page - 1) * limit,
});

/** The items of a page, of a list that is at hand as a whole. */
export const itemsOf = <Item>(all: readonly Item[], { page, limit }: PageQuery): Item[] =>
  all.slice((page - 1) * limit, page * limit);

/** A page as the contract has it; `pages` is 0 when there is nothing. */
export const toPage = <Item>(items: Item[], total: number, { page, limit }: PageQuery): Page<Item> => ({
  items,
  total,
  page,
  limit,
  pages: Math.ceil(total / limit),
});

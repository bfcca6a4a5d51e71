import type { Page, PageQuery } from './schemas.ts';

/** A page as the contract has it; `pages` is 0 when there is nothing. */
export const toPage = <Item>(items: Item[], total: number, { page, limit }: PageQuery): Page<Item> => ({
  items,
  total,
  page,
  limit,
  pages: Math.ceil(total / limit),
});

/** The items in an order, in an array of their own. Engines of some phones have no `toSorted`. */
export const sorted = <Item>(items: Iterable<Item>, compare: (a: Item, b: Item) => number): Item[] =>
  // oxlint-disable-next-line unicorn/no-array-sort
  [...items].sort(compare);

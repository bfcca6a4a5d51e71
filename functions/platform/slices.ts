/** Cuts a list into consecutive slices of at most `size` items; an empty list has none. */
export const slicesOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/**
 * Cuts a list into consecutive packs whose sizes add up to at most `most`; an item that exceeds `most` by itself gets
 * its own pack. An empty list has none.
 */
export const packsOf = <Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  most: number,
): Item[][] => {
  const packs: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const pack = packs.at(-1);
    if (pack === undefined || size > room) {
      packs.push([item]);
      room = most - size;
    } else {
      pack.push(item);
      room -= size;
    }
  }
  return packs;
};

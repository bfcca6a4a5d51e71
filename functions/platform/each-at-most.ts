/**
 * Works on all items, beginning them in their order, and on at most `most` of them at the same time.
 *
 * @throws the first error, at once: what is under way by then goes on, and others may still be begun
 */
export const eachAtMost = async <Item>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> => {
  // One iterator for all workers: each takes the next item that nobody has.
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
};

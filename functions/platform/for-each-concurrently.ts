/**
 * Runs `work` for all items, starting in their order, at most `most` concurrently.
 *
 * @throws the first error, at once: calls in flight continue, and further items may still be started
 */
export const forEachConcurrently = async <Item>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> => {
  // One iterator shared by all workers: each takes the next item.
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
};

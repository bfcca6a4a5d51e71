import { randomInt } from 'node:crypto';
import { CommandError } from './command-error.ts';
import { limits } from './wire-protocol.ts';

/** Results that a client has not fetched yet. Created by `find` and `aggregate`, continued by `getMore`. */
export interface Cursors {
  /**
   * Takes the first batch of results and keeps the rest, if any, under an id; 0 means that the batch contains all
   * results.
   */
  open(namespace: string, results: Iterable<Uint8Array>, batchSize: number, single: boolean): Batch;
  /** The next batch. Throws CursorNotFound. `batchSize` 0 means as many as a reply holds. */
  next(id: number, namespace: string, batchSize: number): Batch;
  /** Removes a cursor. @returns whether it existed */
  kill(id: number): boolean;
}

export interface Batch {
  readonly id: number;
  readonly documents: Uint8Array[];
}

interface OpenCursor {
  readonly namespace: string;
  readonly results: Iterator<Uint8Array>;
  /** A document that was read but did not fit into the last batch. */
  held: Uint8Array | undefined;
  usedAt: number;
}

/** How long the server keeps cursors that nobody reads (manual: "cursorTimeoutMillis"). */
const idleMilliseconds = 10 * 60_000;

/** Creates an empty set of cursors. */
export const openCursors = (): Cursors => {
  const cursors = new Map<number, OpenCursor>();

  const take = (cursor: OpenCursor, count: number): { documents: Uint8Array[]; exhausted: boolean } => {
    const documents: Uint8Array[] = [];
    let size = 0;
    while (documents.length < count) {
      const bytes = cursor.held ?? nextOf(cursor.results);
      cursor.held = undefined;
      if (bytes === undefined) return { documents, exhausted: true };
      if (documents.length > 0 && size + bytes.length > limits.maxBsonObjectSize) {
        cursor.held = bytes;
        return { documents, exhausted: false };
      }
      documents.push(bytes);
      size += bytes.length;
    }
    // Reading one document ahead saves the client a getMore that would return nothing.
    cursor.held = nextOf(cursor.results);
    return { documents, exhausted: cursor.held === undefined };
  };

  const dropIdle = (): void => {
    for (const [id, { usedAt }] of cursors)
      if (performance.now() - usedAt > idleMilliseconds) cursors.delete(id);
  };

  return {
    open(namespace, results, batchSize, single) {
      dropIdle();
      const cursor: OpenCursor = {
        namespace,
        results: results[Symbol.iterator](),
        held: undefined,
        usedAt: performance.now(),
      };
      const { documents, exhausted } = take(cursor, batchSize);
      if (exhausted || single) return { id: 0, documents };
      const id = randomInt(1, 2 ** 47);
      cursors.set(id, cursor);
      return { id, documents };
    },
    next(id, namespace, batchSize) {
      const cursor = cursors.get(id);
      if (cursor === undefined || cursor.namespace !== namespace) {
        throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
      }
      cursor.usedAt = performance.now();
      const { documents, exhausted } = take(cursor, batchSize === 0 ? Infinity : batchSize);
      if (exhausted) cursors.delete(id);
      return { id: exhausted ? 0 : id, documents };
    },
    kill: (id) => cursors.delete(id),
  };
};

const nextOf = (results: Iterator<Uint8Array>): Uint8Array | undefined => {
  const step = results.next();
  return step.done === true ? undefined : step.value;
};

import { ftruncateSync, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isDiskFull } from '../is-disk-full.ts';

/**
 * The journal: one append-only file of records, each `length (4) · CRC-32 of the payload (4) · payload`,
 * little-endian. A payload is a BSON document. A record that a crash left half written at the end is cut off at the
 * next start; a damaged one that complete records follow is not: it would take them along. Concurrent writes
 * are grouped: while one batch is being written the next one collects, so that many writers share one fsync.
 */
export interface Journal {
  /** Queues a record. Await `written` or `durable` before acknowledging the change. */
  append(payload: Uint8Array): void;
  /** Resolves when everything appended so far has reached the operating system. Rejects when it cannot. */
  written(): Promise<void>;
  /** Resolves when everything appended so far has been fsynced. Rejects when it cannot. */
  durable(): Promise<void>;
  /** Whether the disk is full. Records that did not fit stay queued; `catchUp` writes them. */
  isFull(): boolean;
  /** Writes the records that did not fit. @throws DiskFullError when the disk is still full */
  catchUp(): Promise<void>;
  /** Whether compacting the file to records of `liveBytes` in total would save enough to be worth it. */
  wantsCompaction(liveBytes: number): boolean;
  /**
   * Replaces the file by the given records, which must represent everything that was appended until this call; what
   * is appended meanwhile follows them. The old file stays valid until the new one is complete.
   */
  compact(records: Iterable<Uint8Array>): Promise<void>;
  /** Writes and fsyncs the queued records, then closes the file. */
  close(): Promise<void>;
}

export interface JournalOptions {
  readonly folder: string;
  /** Called for every record found, in order, before `openJournal` resolves. The callee may keep the bytes. */
  readonly onRecord: (payload: Uint8Array) => void;
  readonly log: (line: string) => void;
  /** Files smaller than this are never compacted. */
  readonly compactionMinimumBytes?: number;
}

/** Bytes of a record besides its payload. */
export const recordOverhead = 8;

const readChunkBytes = 4 * 1024 * 1024;
/** A document of 16 MiB and its envelope; a longer length can only be garbage. */
const longestPayload = 17 * 1024 * 1024;

interface Waiter {
  readonly upTo: number;
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

interface Compaction {
  /** The records written to the old file since the compaction began. */
  readonly tail: Uint8Array[];
  /** The new file, once it contains the records. */
  ready: FileHandle | undefined;
  readonly ended: Promise<void>;
  readonly done: () => void;
}

/** The disk is full. Records that did not fit stay queued and are written once there is room. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';
}

/**
 * Opens or creates the journal of a folder and replays it.
 *
 * @throws Error when a record is damaged and complete ones follow; the file then stays as it is
 */
export const openJournal = async (options: JournalOptions): Promise<Journal> => {
  const path = join(options.folder, 'journal');
  const compactedPath = `${path}.compacted`;
  // A crash interrupted a compaction: the old file is complete and still the journal.
  await rm(compactedPath, { force: true });
  let file = await open(path, 'a+');
  let fileBytes: number;
  try {
    fileBytes = await replay(file, path, options);
  } catch (error) {
    await file.close();
    throw error;
  }
  await syncFolder(options.folder);

  const minimum = options.compactionMinimumBytes ?? 4 * 1024 * 1024;
  let frames: Uint8Array[] = [];
  // Positions count bytes ever appended; a compaction shrinks the file, not the positions.
  let appended = fileBytes;
  let writtenTo = fileBytes;
  let syncedTo = fileBytes;
  let waiters: Waiter[] = [];
  let running: Promise<void> | undefined;
  let failure: Error | undefined;
  let full: DiskFullError | undefined;
  let hasSaidFull = false;
  let compacting: Compaction | undefined;

  const append = (payload: Uint8Array): void => {
    if (failure !== undefined) throw failure;
    const head = Buffer.allocUnsafe(recordOverhead);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt32LE(crc32(payload), 4);
    frames.push(head, payload);
    appended += recordOverhead + payload.length;
  };

  const reached = (sync: boolean): Promise<void> => {
    if (failure !== undefined) return Promise.reject(failure);
    if (full !== undefined) return Promise.reject(full);
    const upTo = appended;
    if ((sync ? syncedTo : writtenTo) >= upTo) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiters.push({ upTo, sync, resolve, reject });
    running ??= drain();
    return promise;
  };

  const hasWork = (): boolean => waiters.length > 0 || compacting?.ready !== undefined;

  /** The only code that writes to the file, so that a batch never overlaps with the switch to a compacted file. */
  const drain = async (): Promise<void> => {
    try {
      // Writes of the same event-loop turn join this batch.
      await new Promise<void>((next) => void setImmediate(next));
      while (hasWork()) {
        await writeBatch();
        if (compacting?.ready !== undefined) await changeFiles(compacting.ready);
      }
    } catch (error) {
      if (error instanceof DiskFullError) waitForRoom(error);
      else fail(error);
    } finally {
      running = undefined;
    }
  };

  const writeBatch = async (): Promise<void> => {
    const batch = frames;
    const target = appended;
    frames = [];
    if (batch.length > 0) {
      const bytes = Buffer.concat(batch);
      // A write to the page cache takes microseconds, so it is synchronous; only the fsync goes to another thread.
      try {
        writeWhole(file.fd, bytes);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        // Replay stops at a half-written record, so records after it would be lost.
        ftruncateSync(file.fd, fileBytes);
        frames = [bytes, ...frames];
        throw new DiskFullError('the disk is full', { cause: error });
      }
      full = undefined;
      compacting?.tail.push(bytes);
      fileBytes += bytes.length;
    }
    writtenTo = target;
    settle();
    if (waiters.some((waiter) => waiter.sync && waiter.upTo <= target)) {
      await file.datasync();
      syncedTo = target;
      settle();
    }
  };

  const settle = (): void => {
    const open = waiters;
    waiters = [];
    for (const waiter of open) {
      if ((waiter.sync ? syncedTo : writtenTo) >= waiter.upTo) waiter.resolve();
      else waiters.push(waiter);
    }
  };

  const waitForRoom = (error: DiskFullError): void => {
    if (!hasSaidFull) options.log('the disk is full: nothing is read or written until there is room');
    hasSaidFull = true;
    full = error;
    for (const waiter of waiters) waiter.reject(error);
    waiters = [];
  };

  const catchUp = async (): Promise<void> => {
    // Another caller may already be writing.
    await running;
    if (full === undefined) return;
    full = undefined;
    await reached(true);
    hasSaidFull = false;
    options.log('there is room on the disk again');
  };

  const fail = (error: unknown): void => {
    failure = new Error(`the journal can no longer be written: ${messageOf(error)}`, { cause: error });
    options.log(failure.message);
    for (const waiter of waiters) waiter.reject(failure);
    waiters = [];
    compacting?.done();
    compacting = undefined;
  };

  const compact = async (records: Iterable<Uint8Array>): Promise<void> => {
    if (compacting !== undefined || failure !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // `records` is read while writes continue, so it may contain some of what the tail repeats. That is harmless: a
    // record states a whole document or its absence, and the tail is applied last.
    const state: Compaction = { tail: [], ready: undefined, done: resolve, ended: promise };
    compacting = state;
    let fresh: FileHandle | undefined;
    try {
      fresh = await open(compactedPath, 'w');
      for (const piece of inPieces(records)) await fresh.appendFile(piece);
      state.ready = fresh;
      running ??= drain();
      await promise;
    } catch (error) {
      // Nothing is lost: the old file is still the journal.
      compacting = undefined;
      state.done();
      options.log(`compaction of the journal failed: ${messageOf(error)}`);
      await fresh?.close().catch(() => undefined);
      await rm(compactedPath, { force: true });
    }
  };

  const changeFiles = async (fresh: FileHandle): Promise<void> => {
    const state = compacting;
    if (state === undefined) return;
    try {
      try {
        for (const piece of state.tail) await fresh.appendFile(piece);
        await fresh.sync();
        await fresh.close();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        options.log('the journal was not compacted: the disk is full');
        await fresh.close().catch(() => undefined);
        await rm(compactedPath, { force: true });
        return;
      }
      await rename(compactedPath, path);
      await syncFolder(options.folder);
      const old = file;
      file = await open(path, 'a');
      await old.close();
      const before = fileBytes;
      fileBytes = (await file.stat()).size;
      syncedTo = writtenTo;
      settle();
      options.log(`compacted the journal from ${before} to ${fileBytes} bytes`);
    } finally {
      compacting = undefined;
      state.done();
    }
  };

  return {
    append,
    written: () => reached(false),
    durable: () => reached(true),
    isFull: () => full !== undefined,
    catchUp,
    wantsCompaction: (liveBytes) =>
      compacting === undefined &&
      failure === undefined &&
      full === undefined &&
      fileBytes > minimum &&
      fileBytes - liveBytes > fileBytes / 2,
    compact,
    async close() {
      await compacting?.ended;
      await reached(true).catch((error: unknown) => {
        options.log(`the journal could not be written to its end: ${messageOf(error)}`);
      });
      await running;
      await file.close();
    },
  };
};

/** Reads the records from the start and truncates the file after the last complete one. Returns the remaining size. */
const replay = async (file: FileHandle, path: string, options: JournalOptions): Promise<number> => {
  const { size } = await file.stat();
  let good = 0;
  let held: Buffer = Buffer.alloc(0);
  let readTo = 0;
  while (readTo < size) {
    const chunk = Buffer.allocUnsafe(Math.min(readChunkBytes, size - readTo));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, readTo);
    if (bytesRead === 0) break;
    readTo += bytesRead;
    held = Buffer.concat([held, chunk.subarray(0, bytesRead)]);
    let at = 0;
    let payload = payloadAt(held, at);
    while (payload instanceof Buffer) {
      options.onRecord(payload);
      at += recordOverhead + payload.length;
      payload = payloadAt(held, at);
    }
    good += at;
    held = held.subarray(at);
    if (payload === 'damaged') break;
  }
  if (good < size) {
    const torn = Buffer.alloc(size - good);
    await file.read(torn, 0, torn.length, good);
    const next = findRecord(torn);
    if (next !== undefined) {
      throw new Error(
        `${path} is damaged from byte ${good} to ${good + next}, and complete records follow. Put back a copy of the file, or leave these bytes out: { head -c ${good} journal; tail -c +${good + next + 1} journal; } > repaired && mv repaired journal. What they changed is then lost.`,
      );
    }
    const tornPath = `${path}.torn.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    const kept = await open(tornPath, 'wx');
    await kept.writeFile(torn);
    await kept.close();
    await file.truncate(good);
    await file.sync();
    options.log(
      `the journal ended in ${size - good} bytes of an unfinished write; cut off and kept in ${tornPath}`,
    );
  }
  return good;
};

const payloadAt = (bytes: Buffer, at: number): Buffer | 'incomplete' | 'damaged' => {
  if (at + recordOverhead > bytes.length) return 'incomplete';
  const length = bytes.readUInt32LE(at);
  if (length === 0 || length > longestPayload) return 'damaged';
  const start = at + recordOverhead;
  if (start + length > bytes.length) return 'incomplete';
  const payload = bytes.subarray(start, start + length);
  return crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : 'damaged';
};

/** A power cut may leave a hole of zeros, with records of the same unfinished write after it. */
const hole = Buffer.alloc(recordOverhead);

/** The position of the first complete record behind the damaged one at the start; undefined when there is none. */
const findRecord = (bytes: Buffer): number | undefined => {
  if (bytes.subarray(0, recordOverhead).equals(hole)) return undefined;
  for (let at = 1; at + recordOverhead + 4 <= bytes.length; at += 1) {
    // A BSON document begins with its length: only here is the checksum worth its time.
    const isCandidate = bytes.readUInt32LE(at) === bytes.readUInt32LE(at + recordOverhead);
    if (isCandidate && payloadAt(bytes, at) instanceof Buffer) return at;
  }
  return undefined;
};

const inPieces = function* (records: Iterable<Uint8Array>): Generator<Buffer> {
  let piece: Uint8Array[] = [];
  let size = 0;
  for (const payload of records) {
    const head = Buffer.allocUnsafe(recordOverhead);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt32LE(crc32(payload), 4);
    piece.push(head, payload);
    size += recordOverhead + payload.length;
    if (size > 1024 * 1024) {
      yield Buffer.concat(piece, size);
      piece = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(piece, size);
};

/** Fsyncs a folder, so that a created or renamed file survives a power cut. Not every platform supports it. */
const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows and some file systems refuse to fsync a folder: a rename is then as durable as they make it. Other errors
    // mean a failing disk.
    const refusals: readonly unknown[] = ['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF'];
    if (!(error instanceof Error && 'code' in error && refusals.includes(error.code))) throw error;
  }
};

const writeWhole = (fd: number, bytes: Uint8Array): void => {
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at);
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

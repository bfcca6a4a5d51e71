import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import type { ReadValue } from './batch-read.ts';

/** dynalite turns an error with `statusCode` and `body` into a response; any other error ends its thread. */
class WriteFailedError extends Error {
  override readonly name = 'WriteFailedError';
  readonly statusCode = 500;
  readonly body = {
    __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
    message: 'The request processing has failed because of an unknown error, exception or failure.',
  };
}

/** The innermost cause: LevelDB's own error, inside those of its wrappers. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : String(error);

/** Whether an error is the disk's. LevelDB's errors have the system's text, but not its code. */
const isOfDisk = (reason: string): boolean =>
  /no space left on device|quota exceeded|input\/output error/i.test(reason);

const isNotOpen = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'LEVEL_DATABASE_NOT_OPEN';

type LevelMethod = (this: Level, ...parameters: readonly unknown[]) => Promise<void>;

/** Enough room for the files that LevelDB creates when it opens. */
const PROBE_BYTES = 1024 * 1024;
const RETRY_MS = 250;

/** Reopens LevelDB after a failed write, since LevelDB refuses every later write. */
export interface LevelRecovery {
  /** Reopens a broken store when the disk has room again. @returns whether the store can be used */
  ready(): Promise<boolean>;
  /** Whether a write has failed, and the store has not been reopened since. */
  isBroken(): boolean;
  /** Reads a value as text from the first database that dynalite has read from; undefined when there is none. */
  readonly read: ReadValue;
}

/**
 * Wraps the methods of every LevelDB in this thread. A write that fails because the disk is full breaks the database:
 * records written after a half-written one are lost at the next start. The database is therefore left alone until the
 * disk has room, and then reopened.
 *
 * @param folder the folder of the database
 */
export const recoverLevel = (folder: string, log: (line: string) => void): LevelRecovery => {
  let broken: Level | undefined;
  let read: ReadValue | undefined;
  let triedAt = -Infinity;
  let opening: Promise<boolean> | undefined;

  /** What people were told last: each cause is logged once. */
  let told: string | undefined;
  const tell = (line: string): void => {
    if (line !== told) log(line);
    told = line;
  };

  const failed = (level: Level, error: unknown): WriteFailedError => {
    const reason = reasonOf(error);
    if (isOfDisk(reason)) tell(`DynamoDB: cannot be written until there is room: ${reason}`);
    // Why it is not open is known when it is opened again.
    else if (!isNotOpen(error)) tell(`DynamoDB: cannot be read or written: ${reason}`);
    broken = level;
    return new WriteFailedError('LevelDB could not write', { cause: error });
  };

  // Typed by hand, because the replacements below need a `this` of their own.
  const methods = Level.prototype as unknown as Record<'put' | 'del' | 'batch' | 'close', LevelMethod>;
  const { close } = methods;
  for (const name of ['put', 'del', 'batch'] as const) {
    const original = methods[name];
    methods[name] = async function (this: Level, ...parameters) {
      try {
        await original.call(this, ...parameters);
      } catch (error) {
        throw failed(this, error);
      }
    };
  }
  /**
   * dynalite calls LevelDB's asynchronous `get` for every item, and for its table before each: ten items cost 21 round
   * trips to Node's thread pool. `getSync` takes half the time, since LevelDB has the items in memory.
   */
  Level.prototype.get = async function (this: Level, key: string, parameters = {}) {
    read ??= (name) => this.getSync(name, { valueEncoding: 'utf8' });
    try {
      if (this.status === 'opening') await this.open();
      return this.getSync(key, parameters);
    } catch (error) {
      throw failed(this, error);
    }
  };

  const openAnew = async (level: Level): Promise<boolean> => {
    try {
      const probe = join(folder, 'room');
      try {
        writeFileSync(probe, Buffer.alloc(PROBE_BYTES));
      } finally {
        rmSync(probe, { force: true });
      }
      // LevelDB's own `close`: after the one that dynalite overrides, dynalite would consider the store closed.
      await close.call(level);
      await level.open();
    } catch (error) {
      const reason = reasonOf(error);
      if (!isOfDisk(reason)) {
        tell(
          `DynamoDB: the database in ${folder} cannot be opened: ${reason}. Put back a copy of the folder, or remove it: then everybody is logged out.`,
        );
      }
      return false;
    }
    broken = undefined;
    tell('DynamoDB: the database is open again');
    return true;
  };

  return {
    ready: async () => {
      if (broken === undefined) return true;
      if (opening === undefined && performance.now() - triedAt < RETRY_MS) return false;
      triedAt = performance.now();
      opening ??= openAnew(broken).finally(() => {
        opening = undefined;
      });
      return opening;
    },
    isBroken: () => broken !== undefined,
    read: (key) => read?.(key),
  };
};

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';

/** dynalite answers an error that has a status and a body, and lets any other end its thread. */
class WriteFailedError extends Error {
  override readonly name = 'WriteFailedError';
  readonly statusCode = 500;
  readonly body = {
    __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
    message: 'The request processing has failed because of an unknown error, exception or failure.',
  };
}

type LevelMethod = (this: Level, ...parameters: readonly unknown[]) => Promise<void>;

/** Room enough for LevelDB to begin its next files. */
const PROBE_BYTES = 1024 * 1024;
const RETRY_MS = 250;

/** Opens LevelDB anew after a write that failed, which it takes no other after. */
export interface LevelRecovery {
  /** Whether the store can be used, now that it may have been opened anew. */
  ready(): Promise<boolean>;
}

/**
 * Watches what is asked of every LevelDB of this thread. One that fails, for the disk is full, breaks the database: what
 * it writes after a record that is half on the disk is lost at the next start. So nothing is asked of it any more until
 * there is room, and then it is opened anew.
 *
 * @param folder of the database
 */
export const recoverLevel = (folder: string, log: (line: string) => void): LevelRecovery => {
  let broken: Level | undefined;
  let triedAt = 0;
  let opening: Promise<boolean> | undefined;

  const failed = (level: Level, error: unknown): WriteFailedError => {
    if (broken === undefined) log(`DynamoDB: cannot be written until there is room: ${String(error)}`);
    broken = level;
    return new WriteFailedError('LevelDB could not write', { cause: error });
  };

  // By the types of their properties: what is put in their place is called with another `this`.
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
   * dynalite reads every item apart, and its table before each, by LevelDB's asynchronous `get`: 21 trips to a thread
   * of Node's pool and back for ten items. Without these trips they take half the time. LevelDB has them in memory.
   */
  Level.prototype.get = async function (this: Level, key: string, parameters = {}) {
    if (this.status === 'opening') await this.open();
    try {
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
      // Not by the method that dynalite puts in its place, after which dynalite takes it for closed.
      await close.call(level);
      await level.open();
    } catch {
      return false;
    }
    broken = undefined;
    log('DynamoDB: there is room on the disk again');
    return true;
  };

  return {
    ready: async () => {
      if (broken === undefined) return true;
      if (opening === undefined && Date.now() - triedAt < RETRY_MS) return false;
      triedAt = Date.now();
      opening ??= openAnew(broken).finally(() => {
        opening = undefined;
      });
      return opening;
    },
  };
};

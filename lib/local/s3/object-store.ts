import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { replaceFile } from '../replace-file.ts';
import { S3Error } from './s3-error.ts';

/** Headers that are stored with an object and sent with it. */
export type ObjectHeaders = Readonly<
  Partial<Record<'content-type' | 'content-disposition' | 'cache-control', string>>
>;

/** An object's metadata, without its bytes. */
export interface LocalObject {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  /** ISO 8601. */
  readonly changedAt: string;
  readonly headers: ObjectHeaders;
  /** The file with the bytes. A new version has a new file: readers of the old one can continue. */
  readonly file: string;
}

/** Completely received bytes that belong to no object yet. */
export interface Received {
  readonly bytes: number;
  readonly sha256: string;
  /**
   * Turns them into an object, replacing any object with this key. After a crash either the old or the new one
   * exists.
   */
  keep(key: string, headers: ObjectHeaders): Promise<LocalObject>;
  discard(): Promise<void>;
}

/** The objects of a bucket, in files. */
export interface ObjectStore {
  find(key: string): LocalObject | undefined;
  /** @throws S3Error `NoSuchKey` when the object was removed in the meantime */
  open(object: LocalObject): Promise<FileHandle>;
  /**
   * Writes a stream to disk as it arrives.
   *
   * @throws S3Error `EntityTooLarge` as soon as there are more than `most` bytes, or the stream's or the disk's
   *   error; nothing of the upload remains
   */
  receive(stream: Readable, most: number): Promise<Received>;
  copy(object: LocalObject, key: string, headers: ObjectHeaders): Promise<LocalObject>;
  remove(key: string): Promise<void>;
}

const DESCRIPTION = '.json';

/** A key as a file name. @throws S3Error when it is too long for the file system */
const fileNameOf = (key: string): string => {
  const name = encodeURIComponent(key) + DESCRIPTION;
  if (name.length > 255) throw new S3Error('KeyTooLongError', 'Your key is too long for the local S3');
  return name;
};

/**
 * Opens the store of a bucket. A description names the file of an object's bytes and is put into place by renaming:
 * bytes without a description were left by a crash, and are removed here.
 *
 * @param log called for descriptions that cannot be read
 */
export const openObjectStore = (directory: string, log: (line: string) => void): ObjectStore => {
  const descriptions = join(directory, 'objects');
  const contents = join(directory, 'contents');
  for (const folder of [descriptions, contents]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const objects = new Map<string, LocalObject>();
  for (const name of readdirSync(descriptions)) {
    try {
      if (!name.endsWith(DESCRIPTION)) throw new Error('it was never finished');
      const object = JSON.parse(readFileSync(join(descriptions, name), 'utf8')) as LocalObject;
      objects.set(object.key, object);
    } catch (error) {
      log(`S3: dropped ${name}: ${String(error)}`);
      rmSync(join(descriptions, name), { force: true });
    }
  }
  const described = new Set([...objects.values()].map(({ file }) => file));
  for (const file of readdirSync(contents)) {
    if (!described.has(file)) rmSync(join(contents, file), { force: true });
  }

  const describe = (object: LocalObject): void =>
    replaceFile(join(descriptions, fileNameOf(object.key)), JSON.stringify(object));
  const discardFile = (file: string): Promise<void> => rm(join(contents, file), { force: true });

  /** Turns a file into an object. Synchronous, so that two writers cannot interleave. */
  const adopt = async (
    file: string,
    about: Pick<LocalObject, 'key' | 'bytes' | 'etag' | 'headers'>,
  ): Promise<LocalObject> => {
    const object = { ...about, changedAt: new Date().toISOString(), file };
    const before = objects.get(about.key);
    try {
      describe(object);
    } catch (error) {
      await discardFile(file);
      throw error;
    }
    objects.set(about.key, object);
    if (before !== undefined) await discardFile(before.file);
    return object;
  };

  return {
    find: (key) => objects.get(key),

    open: async ({ file }) => {
      try {
        return await open(join(contents, file));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        throw new S3Error('NoSuchKey', 'The specified key does not exist.');
      }
    },

    receive: async (stream, most) => {
      const file = randomUUID();
      const [md5, sha256] = [createHash('md5'), createHash('sha256')];
      let bytes = 0;
      const handle = await open(join(contents, file), 'wx', 0o600);
      try {
        // The caller decides about the rest of the stream.
        for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > most) {
            throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
          }
          md5.update(chunk);
          sha256.update(chunk);
          await handle.appendFile(chunk);
        }
        await handle.sync();
      } catch (error) {
        await handle.close();
        await discardFile(file);
        throw error;
      }
      await handle.close();
      const etag = `"${md5.digest('hex')}"`;
      return {
        bytes,
        sha256: sha256.digest('hex'),
        keep: (key, headers) => adopt(file, { key, bytes, etag, headers }),
        discard: () => discardFile(file),
      };
    },

    copy: async (object, key, headers) => {
      const file = randomUUID();
      await copyFile(join(contents, object.file), join(contents, file));
      return adopt(file, { key, bytes: object.bytes, etag: object.etag, headers });
    },

    remove: async (key) => {
      const object = objects.get(key);
      if (object === undefined) return;
      rmSync(join(descriptions, fileNameOf(key)), { force: true });
      objects.delete(key);
      await discardFile(object.file);
    },
  };
};

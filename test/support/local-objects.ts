import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The keys of all objects that the local S3 has on disk, in all buckets. @param dataDirectory the data folder of the
 * cloud
 */
export const localObjectKeys = (dataDirectory: string): string[] => {
  const folder = join(dataDirectory, 's3');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|\/)objects\/[^/]+$/.test(file))
    .map((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { key: string }).key)
    .toSorted();
};

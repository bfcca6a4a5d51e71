import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from './build-cache.ts';

/**
 * Writes the page's service worker, which contains the paths of all built files. Its text changes with each of these
 * files, so that browsers notice a new version.
 *
 * @param directory the folder of the page, in which `sw.js` is written
 */
export const writeServiceWorker = async (directory: string): Promise<void> => {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)).replaceAll('\\', '/'))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(directory, file)));
  const shell = [
    '/',
    '/config.json',
    ...files.filter((file) => file !== 'index.html').map((file) => `/${file}`),
  ];
  await build({
    entryPoints: [join(projectRoot, 'lib/web/worker/service-worker.ts')],
    outfile: join(directory, 'sw.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2023',
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)) },
    logLevel: 'warning',
  });
};

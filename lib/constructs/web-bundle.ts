import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedBuildAsync } from './build-cache.ts';
import { runNode } from './run-node.ts';
import { writeServiceWorker } from './service-worker.ts';

/**
 * Builds the chat page by Vite, and its service worker.
 *
 * @returns the folder with `index.html`, what belongs to it, and hashed files in `assets`
 */
export const bundleWebPage = (): Promise<string> =>
  cachedBuildAsync({
    name: 'web',
    done: 'built the chat page',
    sources: ['lib/constructs/service-worker.ts', 'lib/web/**/*', 'lib/client/**/*', 'functions/**/*.ts'],
    build: async (directory) => {
      const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
      await runNode(
        [
          vite,
          'build',
          'lib/web',
          '--configLoader',
          'native',
          '--outDir',
          directory,
          '--emptyOutDir',
          '--logLevel',
          'warn',
        ],
        { env: { NODE_ENV: 'production' } },
      );
      writeServiceWorker(directory);
    },
  });

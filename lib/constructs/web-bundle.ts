import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedBuild, project } from './build-cache.ts';
import { writeServiceWorker } from './service-worker.ts';

/**
 * Builds the chat page by Vite, and its service worker.
 *
 * @returns the folder with `index.html`, what belongs to it, and hashed files in `assets`
 */
export const bundleWebPage = (): string =>
  cachedBuild({
    name: 'web',
    done: 'built the chat page',
    sources: ['lib/constructs/service-worker.ts', 'lib/web/**/*', 'lib/client/**/*', 'functions/**/*.ts'],
    build: (directory) => {
      const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
      execFileSync(
        process.execPath,
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
        {
          cwd: project,
          stdio: ['ignore', 'ignore', 'inherit'],
          env: { ...process.env, NODE_ENV: 'production' },
        },
      );
      writeServiceWorker(directory);
    },
  });

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { emojiGroupsModule } from '../web/emoji-groups.ts';
import { cachedBuildAsync, projectRoot } from './build-cache.ts';
import { writeServiceWorker } from './service-worker.ts';

const SCRIPT = 'lib/web/main.tsx';
const STYLE = 'lib/web/styles/page.css';

/** The folder of files that are served unchanged. */
export const publicFiles = join(projectRoot, 'lib/web/public');

/**
 * Makes every dynamically imported module also import the page's main script, which is loaded by then. esbuild
 * creates one file per set of modules that are reachable from the same entries: the main script's modules are thus
 * reachable from all entries and end up in one file, rather than in one for each combination of views that use a part
 * of them.
 */
const scriptInOneFile: Plugin = {
  name: 'script in one file',
  setup: (build) => {
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: join(resolveDir, path), namespace: 'on-demand' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'on-demand' }, ({ path }) => ({
      contents: [join(projectRoot, SCRIPT), path]
        .map((module, index) => `${index === 0 ? 'import' : 'export * from'} ${JSON.stringify(module)};`)
        .join('\n'),
      resolveDir: projectRoot,
    }));
  },
};

/** esbuild's options for the page's scripts and its single style sheet. */
export const pageOptions = {
  absWorkingDir: projectRoot,
  entryPoints: [SCRIPT, STYLE],
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2023',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [scriptInOneFile, emojiGroupsModule()],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * The page's HTML with the paths of its script and of its style sheet. @throws Error when the HTML does not refer to
 * them
 */
export const htmlWith = (
  script: string,
  style: string,
  html = readFileSync(join(projectRoot, 'lib/web/index.html'), 'utf8'),
): string => {
  const addresses = { '"./main.tsx"': script, '"./styles/page.css"': style };
  return Object.entries(addresses).reduce((text, [source, address]) => {
    if (!text.includes(source)) throw new Error(`index.html does not ask for ${source}`);
    return text.replace(source, `"${address}"`);
  }, html);
};

/** The output file, relative to the project's root, that contains a source. */
const fileWith = ({ outputs }: Metafile, source: string): string => {
  const [file] = Object.entries(outputs).find(([, { inputs }]) => source in inputs) ?? [];
  if (file === undefined) throw new Error(`esbuild made no file of ${source}`);
  return file;
};

const buildPage = async (directory: string): Promise<void> => {
  const { metafile } = await build({
    ...pageOptions,
    outdir: directory,
    minify: true,
    legalComments: 'none',
    define: { BUILT: 'true' },
    metafile: true,
  });
  const addressOf = (file: string): string =>
    `/${relative(directory, join(projectRoot, file)).replaceAll('\\', '/')}`;
  const script = fileWith(metafile, SCRIPT);
  // The entry itself only imports that file.
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint === SCRIPT && file !== script) rmSync(join(projectRoot, file));
  }
  writeFileSync(
    join(directory, 'index.html'),
    htmlWith(addressOf(script), addressOf(fileWith(metafile, STYLE))),
  );
  cpSync(publicFiles, directory, { recursive: true });
  await writeServiceWorker(directory);
};

/**
 * Builds the chat page and its service worker.
 *
 * @returns the folder with `index.html`, the public files, and hashed files in `assets`
 */
export const bundleWebPage = (): Promise<string> =>
  cachedBuildAsync({
    name: 'web',
    done: 'built the chat page',
    sources: [
      'lib/constructs/service-worker.ts',
      'lib/constructs/web-bundle.ts',
      'lib/web/**/*',
      'lib/client/**/*',
      'functions/**/*.ts',
    ],
    build: buildPage,
  });

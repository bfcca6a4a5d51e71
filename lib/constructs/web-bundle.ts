import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { emojiGroupsModule } from '../web/emoji-groups.ts';
import { cachedBuildAsync, project } from './build-cache.ts';
import { writeServiceWorker } from './service-worker.ts';

const SCRIPT = 'lib/web/main.tsx';
const STYLE = 'lib/web/styles/page.css';

/** Files that are served as they are. */
export const publicFiles = join(project, 'lib/web/public');

/**
 * Lets every module that is imported on demand import the page's script too, which is there by then. esbuild makes a file
 * of each set of modules that the same entries reach: what the page starts with is reached by all of them, so it is one
 * file, instead of one for each choice of views that happen to use a part of it.
 */
const scriptInOneFile: Plugin = {
  name: 'script in one file',
  setup: (build) => {
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: join(resolveDir, path), namespace: 'on-demand' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'on-demand' }, ({ path }) => ({
      contents: [join(project, SCRIPT), path]
        .map((module, index) => `${index === 0 ? 'import' : 'export * from'} ${JSON.stringify(module)};`)
        .join('\n'),
      resolveDir: project,
    }));
  },
};

/** How esbuild makes the page's scripts and its one file of styles. */
export const pageOptions = {
  absWorkingDir: project,
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

/** The page with the addresses of its script and of its styles. @throws Error when it does not ask for them */
export const htmlWith = (
  script: string,
  style: string,
  html = readFileSync(join(project, 'lib/web/index.html'), 'utf8'),
): string => {
  const addresses = { '"./main.tsx"': script, '"./styles/page.css"': style };
  return Object.entries(addresses).reduce((text, [source, address]) => {
    if (!text.includes(source)) throw new Error(`index.html does not ask for ${source}`);
    return text.replace(source, `"${address}"`);
  }, html);
};

/** The path of the file, from the project's root, that a source went into. */
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
    `/${relative(directory, join(project, file)).replaceAll('\\', '/')}`;
  const script = fileWith(metafile, SCRIPT);
  // The entry itself is nothing but an import of that file.
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint === SCRIPT && file !== script) rmSync(join(project, file));
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
 * @returns the folder with `index.html`, what belongs to it, and hashed files in `assets`
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

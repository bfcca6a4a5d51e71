import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { minify } from 'terser';
import { asyncApiDocument } from '../../../functions/documents/asyncapi.ts';
import { openApiDocument } from '../../../functions/documents/openapi.ts';
import { projectRoot } from '../../constructs/build-cache.ts';

export interface Minified {
  readonly code: string;
  /** The source map, with the sources embedded. */
  readonly map: string;
  /** The input files, relative to the project's root. */
  readonly inputs: readonly string[];
}

/** The names of everything that the language and the platform define: these must not be shortened. */
const platformNames = (): Set<string> => {
  const globals = globalThis as unknown as Readonly<
    Record<string, { readonly prototype?: object } | undefined>
  >;
  const names = Object.getOwnPropertyNames(globalThis);
  return new Set([
    ...names,
    ...names.flatMap((name) => {
      const value = globals[name];
      if (value === undefined || value === null) return [];
      const { prototype } = value;
      return [value, ...(prototype === undefined ? [] : [prototype])].flatMap((object) =>
        typeof object === 'object' || typeof object === 'function' ? Object.getOwnPropertyNames(object) : [],
      );
    }),
  ]);
};

/** The names of all fields that the documents of the API define, in both directions. */
const fieldNames = (document: unknown): string[] => {
  if (typeof document !== 'object' || document === null) return [];
  const { properties } = document as { readonly properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(document).flatMap(fieldNames)];
};

const wordsIn = (declarations: string): string[] =>
  [...declarations.replaceAll(/\/\*.*?\*\//gs, '').matchAll(/\w+/g)].map(([word]) => word);

/**
 * The property names that are internal to the client: its modules declare them, and they are neither in the package's
 * declarations, nor fields of the API, nor names of the platform. Entries of the storage have types that no module
 * exports, so no declaration contains their fields.
 *
 * @param members the names of all members in the emitted declarations of the client's modules
 * @param shown the declarations of the package
 */
export const privateNames = (members: ReadonlySet<string>, shown: string): string[] => {
  const others = new Set([
    ...platformNames(),
    ...wordsIn(shown),
    ...fieldNames(openApiDocument('')),
    ...fieldNames(asyncApiDocument('', 'wss://localhost')),
  ]);
  return [...members].filter((name) => !others.has(name));
};

/**
 * Bundles a module for every platform. esbuild bundles it and shortens internal names; terser gives variables similar
 * names in all functions, which saves a tenth after compression.
 *
 * @param shorten the property names to shorten
 * @param imports.packages packages that the module imports
 * @param imports.shared modules that another file of the package contains and exports: the file by module
 * @param imports.preamble the first line of the file
 */
export const bundleModule = async (
  entry: string,
  file: string,
  shorten: readonly string[],
  imports: {
    readonly packages?: readonly string[];
    readonly shared?: Readonly<Record<string, string>>;
    readonly preamble?: string;
  } = {},
): Promise<Minified> => {
  const { packages = [], shared = {}, preamble } = imports;
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    // An import of any Node.js module is an error.
    platform: 'browser',
    external: [...packages],
    plugins: [
      {
        name: 'shared',
        setup: (build) =>
          build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            const file = shared[relative(projectRoot, join(resolveDir, path))];
            return file === undefined ? undefined : { path: file, external: true };
          }),
      },
    ],
    format: 'esm',
    target: 'es2022',
    minify: true,
    mangleProps: new RegExp(`^(?:${shorten.join('|')})$`),
    sourcemap: 'external',
    sourcesContent: true,
    outfile: file,
    metafile: true,
    write: false,
    absWorkingDir: projectRoot,
  });
  const output = (suffix: string): string =>
    outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  // The source map is a string, since the sources were passed as one.
  const { code = '', map = '' } = await minify(output('.js'), {
    module: true,
    ecma: 2020,
    // `"x"===name` instead of `name==="x"` has the same length but compresses worse, and so does code that
    // `side_effects` moves around.
    compress: { passes: 6, lhs_constants: false, side_effects: false },
    ...(preamble && { format: { preamble } }),
    sourceMap: { content: output('.js.map'), filename: file, url: `${file}.map`, includeSources: true },
  });
  return { code, map: map as string, inputs: Object.keys(metafile.inputs) };
};

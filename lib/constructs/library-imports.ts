// The packages that functions import. A package is bundled once, as a library, with everything that any function uses
// of it, and the bundles of functions import the library (lib/decisions/0051-libraries-are-bundled-once.md).

/** Prefix that marks those imports of a bundle that become imports of libraries: `import{z as a}from"library:zod"`. */
export const LIBRARY = 'library:';

/** Imported names, by the specifier of the import. */
export type ImportedNames = ReadonlyMap<string, ReadonlySet<string>>;

/** Packages that functions use together share a file. */
const together: Readonly<Record<string, string>> = {
  mysql2: 'mysql',
  kysely: 'mysql',
  '@middy/core': 'handlers',
  '@aws-lambda-powertools/logger': 'handlers',
  zod: 'handlers',
};

/** The name of the library that contains the package of a specifier. */
export const libraryOf = (specifier: string): string => {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return together[name] ?? name.replace(/^@/, '').replaceAll('/', '-');
};

const statement = /\bimport\s*([^"';()]*?)\s*(?:from\s*)?"library:([^"]+)"/g;

/** The exported names in an import clause such as `a,{b as c,default as d}`. */
const namesIn = (clause: string, specifier: string): string[] => {
  if (clause.includes('*')) {
    throw new Error(
      `${specifier} is imported as a whole: import what is used of it by name, or list its names in bundle-process.ts`,
    );
  }
  const [, ownName, braces = ''] = /^([^{,]*),?(?:\{(.*)\})?$/s.exec(clause) ?? [];
  return [
    ...(ownName === undefined || ownName === '' ? [] : ['default']),
    ...braces
      .split(',')
      .map((one) => one.trim().split(/\s+as\s+/)[0] ?? '')
      .filter((name) => name !== ''),
  ];
};

/**
 * The imports of packages in a bundle.
 *
 * @param code esbuild's output, with packages external as `library:<specifier>`
 * @throws Error when it imports a package as a namespace, since the used names are then unknown
 */
export const importsIn = (code: string): ImportedNames => {
  const imports = new Map<string, Set<string>>();
  for (const [, clause = '', specifier = ''] of code.matchAll(statement)) {
    const names = imports.get(specifier) ?? new Set();
    imports.set(specifier, names);
    for (const name of namesIn(clause, specifier)) names.add(name);
  }
  return imports;
};

/**
 * The code of a bundle, with its imports rewritten to the library files next to it.
 *
 * @param fileOf returns the name of a library's file
 * @throws Error when a package is imported in an unsupported form
 */
export const linkLibraries = (code: string, fileOf: (library: string) => string): string => {
  const linked = code.replaceAll(statement, (whole, _clause, specifier: string) =>
    whole.replace(`${LIBRARY}${specifier}`, `./${fileOf(libraryOf(specifier))}`),
  );
  if (linked.includes(`"${LIBRARY}`)) throw new Error('A package is neither imported nor bundled');
  return linked;
};

/**
 * The source of each library's entry module, by the library's name.
 *
 * @throws Error when two packages of one library export the same name
 */
export const librarySources = (bundles: readonly ImportedNames[]): Map<string, string> => {
  const used = new Map<string, Set<string>>();
  for (const imports of bundles) {
    for (const [specifier, names] of imports) {
      used.set(specifier, new Set([...(used.get(specifier) ?? []), ...names]));
    }
  }
  const sources = new Map<string, string>();
  const exporters = new Map<string, string>();
  for (const [specifier, names] of [...used].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const library = libraryOf(specifier);
    for (const name of names) {
      const other = exporters.get(`${library} ${name}`);
      if (other !== undefined)
        throw new Error(`${other} and ${specifier} both export ${name} into ${library}`);
      exporters.set(`${library} ${name}`, specifier);
    }
    const line = `export { ${[...names].toSorted().join(', ')} } from ${JSON.stringify(specifier)};\n`;
    sources.set(library, (sources.get(library) ?? '') + line);
  }
  return sources;
};

// What functions import of packages. A package is bundled once, as a library, with all that any function uses of it, and
// the bundles of functions import the library (lib/decisions/0051-libraries-are-bundled-once.md).

/** Marks the imports of a bundle that become imports of libraries: `import{z as a}from"library:zod"`. */
export const LIBRARY = 'library:';

/** Names that are imported, by the specifier that they are imported from. */
export type ImportedNames = ReadonlyMap<string, ReadonlySet<string>>;

/** Packages that functions use together share a file. */
const together: Readonly<Record<string, string>> = {
  mysql2: 'mysql',
  kysely: 'mysql',
  '@middy/core': 'handlers',
  '@aws-lambda-powertools/logger': 'handlers',
  zod: 'handlers',
};

/** The name of the library that has what is imported from a specifier. */
export const libraryOf = (specifier: string): string => {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return together[name] ?? name.replace(/^@/, '').replaceAll('/', '-');
};

const statement = /\bimport\s*([^"';()]*?)\s*(?:from\s*)?"library:([^"]+)"/g;

/** Names in `a,{b as c,default as d}`, as the module that they come from exports them. */
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
 * What a bundle imports of packages.
 *
 * @param code what esbuild made, with packages external as `library:<specifier>`
 * @throws Error when it imports a package as a whole, for then nobody knows what of it is used
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
 * The code of a bundle, with its imports pointed to the files of libraries beside it.
 *
 * @param fileOf the name of the file that a library is in
 * @throws Error when a package is used in a form that is not known
 */
export const linkLibraries = (code: string, fileOf: (library: string) => string): string => {
  const linked = code.replaceAll(statement, (whole, _clause, specifier: string) =>
    whole.replace(`${LIBRARY}${specifier}`, `./${fileOf(libraryOf(specifier))}`),
  );
  if (linked.includes(`"${LIBRARY}`)) throw new Error('A package is neither imported nor bundled');
  return linked;
};

/**
 * The modules that libraries are bundled from, by the library's name.
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

import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../../constructs/build-cache.ts';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** Runs the compiler to write the declarations of modules, and of all their imports, into a folder. */
const emitDeclarations = (entries: readonly string[], directory: string): void => {
  const configuration = join(directory, 'tsconfig.json');
  writeFileSync(
    configuration,
    JSON.stringify({
      extends: join(projectRoot, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: projectRoot,
        outDir: directory,
        typeRoots: [join(projectRoot, 'node_modules/@types')],
      },
      files: entries.map((entry) => join(projectRoot, entry)),
      include: [],
    }),
  );
  execFileSync(process.execPath, [compiler, '-p', configuration], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
};

/** Matches `import … from './x.ts';` and `export … from './x.ts';`, also across several lines. */
const STATEMENT = /^(?:import|export)\s(?:type\s)?([^;]*?)\sfrom\s'(\.[^']+)\.ts';\n/gm;

export interface Rolled {
  /** The module to roll up, relative to the project's root, without `.ts`. */
  readonly entry: string;
  /** Modules with given declarations, by their paths relative to the project's root. */
  readonly given: Readonly<Record<string, string>>;
  /** Which modules belong to another entry, and the specifier that imports it. */
  readonly others?: { readonly import: string; readonly has: (module: string) => boolean };
}

/** Rolls up the declarations of a module and its imports into one file without relative imports. */
const roll = ({ entry, given, others }: Rolled, directory: string): string => {
  const seen = new Set<string>();
  const parts: string[] = [];
  const packages = new Set<string>();
  const imported = new Set<string>();

  const visit = (module: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const text = given[module] ?? readFileSync(join(directory, `${module}.d.ts`), 'utf8');
    const own = text
      .replaceAll(STATEMENT, (_, names: string, path: string) => {
        const target = relative(projectRoot, join(projectRoot, dirname(module), path));
        if (others?.has(target) !== true) visit(target);
        else for (const [, name = ''] of names.matchAll(/(?:\btype\s+)?(\w+)/g)) imported.add(name);
        return '';
      })
      .replaceAll(/^import [^;]*;\n/gm, (statement) => {
        packages.add(statement);
        return '';
      })
      .replaceAll(/^export \{\};\n?/gm, '');
    parts.push(own.trim());
  };
  visit(entry);
  const heads = [...packages];
  if (others !== undefined && imported.size > 0) {
    heads.push(`import type { ${[...imported].toSorted().join(', ')} } from '${others.import}';\n`);
  }
  // Without `export {}`, TypeScript would export all declarations of the file.
  return `${heads.join('')}${parts.filter((part) => part !== '').join('\n\n')}\n\nexport {};\n`;
};

export interface Declarations {
  /** The declarations of each module, in one file that needs only the packages that the module's code imports. */
  readonly files: readonly string[];
  /** The names of all members that the client's modules declare, including internal ones. */
  readonly members: ReadonlySet<string>;
}

/** The names of the members in the emitted declarations of the client's modules. */
const membersIn = (directory: string): Set<string> =>
  new Set(
    globSync('lib/client/**/*.d.ts', { cwd: directory }).flatMap((file) =>
      [...readFileSync(join(directory, file), 'utf8').matchAll(/^\s+(?:readonly |get )?(\w+)\??[:(<]/gm)].map(
        ([, name = '']) => name,
      ),
    ),
  );

/** @throws Error when the modules do not compile */
export const declarationsOf = (modules: readonly Rolled[]): Declarations => {
  const builds = join(projectRoot, '.build');
  mkdirSync(builds, { recursive: true });
  const directory = mkdtempSync(join(builds, 'declarations-'));
  try {
    emitDeclarations(
      modules.map(({ entry }) => `${entry}.ts`),
      directory,
    );
    return { files: modules.map((module) => roll(module, directory)), members: membersIn(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

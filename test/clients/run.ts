import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readArguments, refuse } from '../../bin/arguments.ts';
import { startLocalService } from '../support/local-service.ts';
import { codeOf, GENERATOR_VERSION } from './quick-starts.ts';

/* Generates a client from the service's OpenAPI document in each language, compiles it, and runs a scenario with it
   against a running service; then runs the quick starts of lib/docs for which the required tools are installed. A
   language without its tools is reported as skipped.
   
   The generators and the packages of other languages come from those languages' own package managers, at the
   versions named here. The project itself needs none of them, so `npm test` does not include these runs. */

const TYPESCRIPT_PACKAGES = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'];
const TYPESCRIPT_NODE_TYPES = '@types/node@24.19.2';

const execute = promisify(execFile);

/** Runs a command. @throws Error with its whole output when it fails */
const run = async (directory: string, command: string, ...args: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await execute(command, args, { cwd: directory, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
};

const isHere = (program: string): Promise<boolean> =>
  run('.', 'sh', '-c', `command -v ${program}`).then(
    () => true,
    () => false,
  );

const work = join(tmpdir(), 'chat-service-clients');
const sources = import.meta.dirname;

/** Downloads the generator into Maven's cache. @returns the path of its jar */
const fetchGenerator = async (): Promise<string> => {
  const artifact = `org.openapitools:openapi-generator-cli:${GENERATOR_VERSION}`;
  await run(
    work,
    'mvn',
    '-q',
    '-B',
    'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get',
    `-Dartifact=${artifact}`,
    '-Dtransitive=false',
  );
  const name = 'openapi-generator-cli';
  const repository = join(homedir(), '.m2/repository/org/openapitools', name, GENERATOR_VERSION);
  return join(repository, `${name}-${GENERATOR_VERSION}.jar`);
};

let generatorJar: Promise<string> | undefined;

/**
 * Generates a client.
 *
 * @throws Error when the generator wrote a file twice, which loses the operations of the first version
 */
const generate = async (generator: string, directory: string, properties: string): Promise<void> => {
  generatorJar ??= fetchGenerator();
  const output = await run(
    work,
    'java',
    '-jar',
    await generatorJar,
    'generate',
    '-i',
    join(work, 'openapi.json'),
    '-g',
    generator,
    '-o',
    directory,
    `--additional-properties=${properties}`,
  );
  const lost = /.*(?:Duplicate file path|overwritten).*/.exec(output);
  if (lost !== null) throw new Error(`The client of ${generator} lacks operations: ${lost[0]}`);
};

/** Compiles a Maven project. @returns the class path with its classes and all of its dependencies */
const compileByMaven = async (directory: string): Promise<string> => {
  const file = join(directory, 'class-path.txt');
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath';
  await run(directory, 'mvn', '-q', '-B', '-DskipTests', 'compile', plugin, `-Dmdep.outputFile=${file}`);
  return `${join(directory, 'target/classes')}:${(await readFile(file, 'utf8')).trim()}`;
};

interface Language {
  readonly name: string;
  /** The programs that are required; without them the language is skipped. */
  readonly needs: readonly string[];
  /** @param directory the client's own folder @param url the address of the service */
  readonly run: (directory: string, url: string) => Promise<void>;
}

const languages: readonly Language[] = [
  {
    name: 'python',
    needs: ['java', 'mvn', 'python3'],
    run: async (directory, url) => {
      await generate('python', directory, 'packageName=chat_client');
      await run(directory, 'python3', '-m', 'venv', 'venv');
      const python = join(directory, 'venv/bin/python');
      await run(directory, python, '-m', 'pip', '-q', 'install', '.', 'websockets==15.0.1');
      await run(directory, python, join(sources, 'python/scenario.py'), url);
      await writeFile(join(directory, 'quick_start.py'), codeOf('python', url));
      await run(directory, python, 'quick_start.py');
    },
  },
  {
    name: 'go',
    needs: ['java', 'mvn', 'go'],
    run: async (directory, url) => {
      const client = join(directory, 'chat');
      await generate(
        'go',
        client,
        'packageName=chat,withGoMod=false,disallowAdditionalPropertiesIfNotPresent=false',
      );
      // The generated examples are tests that expect a service at another address.
      await Promise.all(
        ['test', 'go.mod', 'go.sum'].map((name) => rm(join(client, name), { recursive: true, force: true })),
      );
      await run(client, 'go', 'mod', 'init', 'chat');
      await cp(join(sources, 'go/main.go'), join(directory, 'main.go'));
      await run(directory, 'go', 'mod', 'init', 'scenario');
      await run(directory, 'go', 'mod', 'edit', '-require=chat@v0.0.0', '-replace=chat=./chat');
      await run(client, 'go', 'mod', 'tidy');
      await run(directory, 'go', 'mod', 'tidy');
      await run(directory, 'go', 'vet', './...', 'chat/...');
      await run(directory, 'go', 'run', '.', url);
    },
  },
  {
    name: 'java',
    needs: ['java', 'javac', 'mvn'],
    run: async (directory, url) => {
      await generate(
        'java',
        directory,
        'invokerPackage=chat,apiPackage=chat.api,modelPackage=chat.model,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false',
      );
      const classPath = await compileByMaven(directory);
      // Compiled separately, since the client is compiled for Java 8.
      await run(directory, 'javac', '-cp', classPath, '-d', 'scenario', join(sources, 'java/Scenario.java'));
      await run(directory, 'java', '-cp', `scenario:${classPath}`, 'Scenario', url);
    },
  },
  {
    name: 'kotlin',
    needs: ['java', 'mvn'],
    run: async (directory, url) => {
      await generate('kotlin', directory, 'library=jvm-okhttp4,packageName=chat');
      const program = join(directory, 'src/main/kotlin');
      await cp(join(sources, 'kotlin/pom.xml'), join(directory, 'pom.xml'));
      await cp(join(sources, 'kotlin/Scenario.kt'), join(program, 'Scenario.kt'));
      await writeFile(join(program, 'QuickStart.kt'), codeOf('kotlin', url));
      const classPath = await compileByMaven(directory);
      await run(directory, 'java', '-cp', classPath, 'ScenarioKt', url);
      await run(directory, 'java', '-cp', classPath, 'QuickStartKt');
    },
  },
  {
    name: 'swift',
    // `swift-run` instead of `swift run`: on Debian, `swift` may belong to OpenStack.
    needs: ['java', 'mvn', 'swift-run'],
    run: async (directory, url) => {
      await generate('swift6', join(directory, 'chat'), 'projectName=ChatClient');
      const program = async (name: string, text: string | Buffer): Promise<void> => {
        const folder = join(directory, 'Sources', name);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, name === 'MobileCoreServices' ? `${name}.swift` : 'main.swift'), text);
      };
      const source = (name: string): Promise<Buffer> => readFile(join(sources, 'swift', `${name}.swift`));
      await cp(join(sources, 'swift/Package.swift'), join(directory, 'Package.swift'));
      await program('MobileCoreServices', await source('MobileCoreServices'));
      await program('Scenario', await source('Scenario'));
      await program('QuickStart', codeOf('swift', url));
      await run(directory, 'swift-run', 'Scenario', url);
      await run(directory, 'swift-run', 'QuickStart');
    },
  },
  {
    name: 'typescript',
    needs: ['npm'],
    run: async (directory, url) => {
      await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
      const packages = [...TYPESCRIPT_PACKAGES, TYPESCRIPT_NODE_TYPES];
      await run(directory, 'npm', 'install', '--no-audit', '--no-fund', '--save-exact', ...packages);
      const bin = (name: string) => join(directory, 'node_modules/.bin', name);
      await run(directory, bin('openapi-typescript'), join(work, 'openapi.json'), '-o', 'schema.d.ts');
      await cp(join(sources, 'typescript/scenario.ts'), join(directory, 'scenario.ts'));
      await run(
        directory,
        bin('tsc'),
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--noUncheckedIndexedAccess',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--types',
        'node',
        'scenario.ts',
      );
      await run(directory, process.execPath, 'scenario.ts', url);
    },
  },
];

const { positionals } = readArguments({
  usage: `
npm run test:clients                generates clients of the OpenAPI document in every language, and runs them
npm run test:clients -- go kotlin   those alone; of ${languages.map(({ name }) => name).join(', ')}`,
  options: {},
  takesNames: true,
});
const asked: readonly string[] = positionals;
for (const name of asked) {
  if (!languages.some((language) => language.name === name))
    refuse(`There is no client in ${name}. See --help.`);
}

await mkdir(work, { recursive: true });
const service = await startLocalService();
const failed: string[] = [];
try {
  const document = await fetch(`${service.httpUrl}/api/v1/openapi.json`);
  await writeFile(join(work, 'openapi.json'), await document.text());
  for (const { name, needs, run: play } of languages) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const here = await Promise.all(needs.map(isHere));
    const missing = needs.filter((_, index) => here[index] === false);
    if (missing.length > 0) {
      process.stdout.write(`${name}: SKIPPED, NOT TESTED: there is no ${missing.join(' and no ')} here\n`);
      continue;
    }
    const startedAt = performance.now();
    const directory = join(work, name);
    // Results of an earlier run would hide missing ones.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    try {
      await play(directory, service.httpUrl);
      process.stdout.write(`${name}: passed in ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
    } catch (error) {
      failed.push(name);
      process.stdout.write(`${name}: FAILED\n${(error as Error).message}\n`);
    }
  }
} finally {
  await service.stop();
}
process.stdout.write(
  failed.length === 0
    ? `The clients are in ${work}\n`
    : `Clients that do not work: ${failed.join(', ')}. What was made is in ${work}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

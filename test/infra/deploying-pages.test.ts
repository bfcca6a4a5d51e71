import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { stageConfig, stageNames } from '../../lib/config/stages.ts';
import { GENERATOR_PACKAGE } from '../clients/quick-starts.ts';
import { everything } from '../support/everything.ts';
import { synthesize } from '../support/synthesized.ts';
import known from './aws-operations.json' with { type: 'json' };

const project = resolve(import.meta.dirname, '../..');
/**
 * The pages that describe the current state of the project. Decisions describe the state at their time, so only their
 * links are checked.
 */
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...globSync(['lib/docs/*.md', '.github/*.md'], { cwd: project }).toSorted(),
];
const production = await synthesize('production');

/** A text in which the placeholder of a stage is replaced by a real one. */
const asProduction = (text: string): string => text.replaceAll('STAGE', 'production');

/** The commands of a page: the lines of its shell blocks, and the inline code in its sentences. */
const commandsOf = (page: string): string[] => {
  const text = readFileSync(join(project, page), 'utf8');
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block]) => String(block));
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`((?:npx|npm|aws|git) [^`]+)`/g)].map(
    ([, command]) => String(command),
  );
  return (
    [...blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split(/\n|&&|;/)), ...inline]
      .map((command) => command.replace(/(^| )#.*/, '').trim())
      .filter((command) => /^(npx|npm|aws) /.test(command))
      // The stage of the README's own commands: CDK has to synthesize one stage only.
      .map((command) => command.replaceAll('STAGE', 'dev'))
  );
};
const commands = pages.flatMap((page) => commandsOf(page).map((command) => ({ page, command })));
const starting = (word: string) => commands.filter(({ command }) => command.startsWith(`${word} `));

/** The words of a command without quotes. */
const wordsOf = (command: string): string[] =>
  (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
const optionsOf = (command: string): string[] =>
  wordsOf(command)
    .filter((word) => /^--[a-z]/.test(word))
    .map((word) => word.slice(2));

test('the page for deploying says what each stack holds', async () => {
  const page = readFileSync(join(project, 'lib/docs/deploying.md'), 'utf8');
  const [, table = ''] = /^\| stack .*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const stacks = [...(await synthesize(everything)).outputs.keys()].map((name) =>
    name.replace('chat-service-everything-', ''),
  );
  assert.ok(stacks.length > 20);
  // Those of HTTP routes share a row.
  const missing = stacks.filter((name) => !name.startsWith('http-') && !table.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});

test('the step for configuring names everything that still says example.org', () => {
  const page = readFileSync(join(project, 'lib/docs/deploying.md'), 'utf8');
  const [step = ''] = /### 3\. Configuration\n[\s\S]*?\n### /.exec(page) ?? [];
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string' && value.includes('example.org')) found.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      walk(item, Array.isArray(value) ? path : [...(path === '' ? [] : [path]), key].join('.'));
    }
  };
  for (const name of stageNames.filter((one) => one !== 'local')) walk(stageConfig(name), '');
  assert.ok(new Set(found).size >= 5);
  for (const path of found) assert.ok(step.includes(`\`${path}\``), path);
});

suite('the commands of the pages', () => {
  test('have commands of each kind', () => {
    for (const word of ['npx', 'npm', 'aws']) assert.ok(starting(word).length >= 4, word);
  });

  test('npm scripts are there, and know their options', () => {
    const scripts = packageJson.scripts as Readonly<Record<string, string>>;
    for (const { page, command } of starting('npm')) {
      const [, verb, name = ''] = wordsOf(command);
      if (verb === 'ci' || verb === 'start' || verb === 'test') continue;
      // In the reader's own project: the quick start's test makes it.
      if (page.includes('quick-start') && (verb === 'init' || verb === 'install')) continue;
      assert.equal(verb, 'run', `${page}: ${command}`);
      const script = scripts[name];
      assert.notEqual(script, undefined, `${page}: ${command}`);
      const file = /^(?:exec )?node (\S+)/.exec(String(script))?.[1];
      if (file === undefined) continue;
      const source = readFileSync(join(project, file), 'utf8');
      for (const option of optionsOf(command.split(' -- ')[1] ?? '')) {
        // Every command has it (test/e2e/commands.test.ts).
        if (option === 'help') continue;
        assert.match(source, new RegExp(`'?${option}'?:`), `${page}: ${command}`);
      }
    }
  });

  suite('cdk', () => {
    const assembly = mkdtempSync(join(tmpdir(), 'chat-service-pages-'));
    after(() => rmSync(assembly, { recursive: true, force: true }));
    const cdk = (...parameters: string[]) =>
      spawnSync(join(project, 'node_modules/.bin/cdk'), parameters, {
        cwd: project,
        encoding: 'utf8',
        env: {
          ...process.env,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          CDK_DISABLE_VERSION_CHECK: '1',
          // Templates are held against CloudFormation's schemas in test/support/synthesized.ts.
          CDK_VALIDATION: 'false',
        },
      });
    const toolsOfQuickStarts = new Set(['tsc', 'vite', GENERATOR_PACKAGE]);
    const cdkCommands = starting('npx')
      .map(({ page, command }) => ({ page, words: wordsOf(command).slice(1) }))
      // Tools of the reader's own project, which the quick start's test runs.
      .filter(
        ({ page, words: [tool = ''] }) => !page.includes('quick-start') || !toolsOfQuickStarts.has(tool),
      );

    test('commands exist, and know their options', () => {
      const help = new Map<string, string>();
      for (const { page, words } of cdkCommands) {
        const [tool, verb = ''] = words;
        assert.equal(tool, 'cdk', page);
        if (!help.has(verb)) help.set(verb, cdk(verb, '--help').stdout);
        for (const option of optionsOf(words.join(' '))) {
          assert.match(String(help.get(verb)), new RegExp(`--${option}\\b`), `${page}: ${words.join(' ')}`);
        }
      }
    });

    test('commands get as far as the stacks that they name: each says the stage', () => {
      const contexts = new Map<string, ReadonlySet<string>>();
      for (const { page, words } of cdkCommands) {
        const [, , ...parameters] = words;
        const context = parameters.flatMap((word, index) =>
          word === '-c' ? ['-c', parameters[index + 1] ?? ''] : [],
        );
        const key = context.join(' ');
        if (!contexts.has(key)) {
          const listed = cdk('list', '--output', join(assembly, key), ...context);
          assert.equal(listed.status, 0, `${page}: ${words.join(' ')}\n${listed.stderr}`);
          contexts.set(
            key,
            new Set(
              listed.stdout
                .trim()
                .split('\n')
                .map((line) => line.split(' ')[0] ?? ''),
            ),
          );
        }
        for (const name of parameters.filter((word) => word.startsWith('chat-service-'))) {
          assert.ok(contexts.get(key)?.has(name), `${page}: there is no stack ${name}`);
        }
      }
    });

    test('an app without a stage says how to name one, and which there are', () => {
      const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
        cwd: project,
        encoding: 'utf8',
      });
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^Name a stage: -c stage=STAGE behind the cdk command.* dev, staging, production\.\n$/,
      );
    });
  });

  test('aws commands are operations with such options', () => {
    const operations = known.operations as Readonly<Record<string, readonly string[]>>;
    const always = new Set(['query', 'output', 'region', 'profile', 'cli-read-timeout']);
    for (const { page, command } of starting('aws')) {
      const [, service, operation, waiter] = wordsOf(command);
      const name = [service, operation, ...(operation === 'wait' ? [waiter] : [])].join(' ');
      const options = operations[name];
      assert.notEqual(options, undefined, `${page}: add '${name}' by test/infra/aws-operations.py`);
      for (const option of optionsOf(command)) {
        assert.ok(
          options?.includes(option) === true || always.has(option),
          `${page}: ${command}: --${option}`,
        );
      }
    }
  });

  test('that run a function wait for as long as it may run', () => {
    const timeouts = new Map(
      production
        .all('AWS::Lambda::Function')
        .map(({ Properties }) => [String(Properties.FunctionName), Number(Properties.Timeout)]),
    );
    const invocations = starting('aws').filter(({ command }) => wordsOf(command)[2] === 'invoke');
    assert.ok(invocations.length >= 3);
    for (const { page, command } of invocations) {
      const name = asProduction(/--function-name (\S+)/.exec(command)?.[1] ?? '').replace(
        '-dev-',
        '-production-',
      );
      // The page for all jobs calls each of them JOB. The AWS CLI gives up after a minute, and invokes again.
      const isLong = name.endsWith('-JOB') || (timeouts.get(name) ?? 0) > 60;
      if (isLong)
        assert.match(command, /--cli-read-timeout 0 |--invocation-type Event /, `${page}: ${command}`);
    }
  });

  test('on the pages for a stage on AWS are not those of the local cloud', () => {
    for (const { page, command } of starting('npm')) {
      if (!/(?:deploying|operating)\.md$/.test(page) || command === 'npm ci') continue;
      // `bench` measures the code, wherever the stage is.
      assert.match(command, / --(?:stage|url) |^npm run bench /, `${page}: ${command}`);
    }
  });

  test('name stacks, functions and alarms that there are, and outputs that their stack has', async () => {
    const text = pages.map((page) => asProduction(readFileSync(join(project, page), 'utf8'))).join('\n');
    const full = await synthesize(everything);
    const named = new Set([
      ...production.outputs.keys(),
      ...[...full.outputs.keys()].map((name) => name.replace('-everything-', '-production-')),
      ...production.all('AWS::Lambda::Function').map(({ Properties }) => String(Properties.FunctionName)),
      ...production.all('AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName)),
    ]);
    for (const [name] of text.matchAll(/chat-service-production-[a-z-]*[a-z]/g))
      assert.ok(named.has(name), name);
    const outputs = [...text.matchAll(/output `(\w+)` of\s+`([\w-]+)`/g)];
    assert.ok(outputs.length >= 3);
    for (const [sentence, output, stack] of outputs) {
      const there = production.outputs.get(`chat-service-production-${stack}`);
      assert.ok(there !== undefined && String(output) in there, sentence);
    }
    for (const [, output] of text.matchAll(/OutputKey=='(\w+)'/g)) {
      assert.ok(
        [...production.outputs.values(), ...full.outputs.values()].some((there) => String(output) in there),
        output,
      );
    }
  });

  test('say how much production reserves, as the stage does', () => {
    const reserved = production
      .all('AWS::Lambda::Function')
      .reduce((sum, { Properties }) => sum + Number(Properties.ReservedConcurrentExecutions ?? 0), 0);
    const text = readFileSync(join(project, 'lib/docs/deploying.md'), 'utf8');
    assert.match(text, new RegExp(`reserves ${reserved} concurrent executions`));
  });
});

test('every relative link of a page leads somewhere, and every anchor to a heading', () => {
  const tracked = execFileSync('git', ['ls-files', '*.md'], { cwd: project, encoding: 'utf8' })
    .trim()
    .split('\n');
  const files = tracked.length > 1 ? tracked : globSync('{*.md,lib/**/*.md}', { cwd: project });
  const headingsOf = (file: string): Set<string> =>
    new Set(
      [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
        String(heading)
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
          .replaceAll(' ', '-'),
      ),
    );
  for (const file of files) {
    if (!existsSync(join(project, file))) continue;
    const text = readFileSync(join(project, file), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(project, file) : join(project, dirname(file), path);
      assert.ok(existsSync(target), `${file}: ${link}`);
      if (anchor !== undefined && target.endsWith('.md')) {
        assert.ok(headingsOf(target).has(anchor), `${file}: ${link}`);
      }
    }
  }
});

test('every path of the project that a page names is there', () => {
  /** The feature that the pages add and take out again. */
  const isTried = (path: string): boolean => path.startsWith('functions/nudges');
  let found = 0;
  for (const page of pages) {
    const text = readFileSync(join(project, page), 'utf8');
    const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, block]) => String(block));
    const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code);
    for (const word of [...blocks, ...inline].flatMap((code) => String(code).split(/[\s,:]+/))) {
      const path = word.replace(/^\.\//, '');
      if (!/^(?:bin|functions|lib|test|\.ci|\.github)\/[a-z0-9./_-]+$/.test(path) || isTried(path)) continue;
      found += 1;
      assert.ok(existsSync(join(project, path)), `${page}: ${path}`);
    }
  }
  assert.ok(found > 50, String(found));
});

test('the index of decisions has each of them, by its number, its title and whether it holds', () => {
  const folder = join(project, 'lib/decisions');
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const rows = [...index.matchAll(/^\| (\d+) +\| \[(.+)\]\((.+)\) +\| (.+?) +\|$/gm)].map(
    ([, number, title, file, status]) => ({ number: Number(number), title, file: String(file), status }),
  );
  assert.deepEqual(
    rows.map(({ file }) => file),
    globSync('[0-9]*.md', { cwd: folder }).toSorted(),
  );
  assert.deepEqual(
    rows.map(({ number }) => number),
    rows.map((_, index) => index + 1),
  );
  for (const { number, title, file, status } of rows) {
    const text = readFileSync(join(folder, file), 'utf8');
    assert.ok(text.startsWith(`# ${number}. ${title}\n`), file);
    assert.equal(Number(file.slice(0, 4)), number, file);
    const said = /^Status: (accepted|replaced)(?:.*?(revoked in part))?/m.exec(text);
    assert.ok(said !== null, `${file} has a status`);
    for (const word of said.slice(1)) assert.ok(word === undefined || status?.includes(word), file);
  }
});

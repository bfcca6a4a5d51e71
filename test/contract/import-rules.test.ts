import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { suite, test } from 'node:test';

const root = join(import.meta.dirname, '../..');

interface Pattern {
  readonly regex?: string;
  readonly group?: readonly string[];
  readonly allowTypeImports?: boolean;
  readonly message: string;
}
interface Rules {
  readonly 'no-restricted-imports'?: 'off' | readonly ['error', { readonly patterns: readonly Pattern[] }];
}
interface Configuration {
  readonly rules: Rules;
  readonly overrides: readonly { readonly files: readonly string[]; readonly rules: Rules }[];
}

/** A file to be created at a path of the project, with its imports. */
interface Plant {
  readonly file: string;
  /** Imports that are to be reported, by the message of the pattern that reports them. */
  readonly reported: Readonly<Record<string, readonly string[]>>;
  /** Imports that no pattern may report. */
  readonly allowed: readonly string[];
}

const NOBODY = 'Nobody imports commands, tests or handlers.';
const notByAnybody = { [NOBODY]: ['../../bin/one.ts', '../../test/support/one.ts', './handlers/one.ts'] };
const drivers = [
  '@aws-sdk/client-dynamodb',
  'mysql2/promise',
  'kysely',
  'mongodb',
  '@middy/core',
  'aws-lambda',
];
const contractIsData = 'The contract is data: everyone reads it, it reads nobody.';
const noDrivers = 'Uses and rules know nothing of Lambda, SQL or AWS.';

const plants: readonly Plant[] = [
  { file: 'test/unit/one.test.ts', reported: {}, allowed: ['../../bin/one.ts'] },
  { file: 'bin/one.ts', reported: {}, allowed: ['../test/support/one.ts'] },
  {
    file: 'functions/planted/deeper/one.ts',
    reported: { [NOBODY]: ['../../../bin/one.ts', '../../../test/support/one.ts', '../handlers/one.ts'] },
    allowed: ['../send.ts'],
  },
  {
    file: 'lib/stacks/one.ts',
    reported: {
      'Nobody imports commands or tests.': ['../../bin/one.ts', '../../test/support/one.ts'],
      'Infrastructure reads the contract and the names of environment variables and metrics; it runs no rules.':
        [
          '../../functions/planted/rules.ts',
          '../../functions/planted/stores/contract.ts',
          '../../functions/platform/metrics.ts',
        ],
      'All of its services are loaded with the whole: name the one, or aws-cdk-lib/core.': ['aws-cdk-lib'],
    },
    allowed: [
      '../../functions/contract/table.ts',
      '../../functions/planted/contract.ts',
      '../../functions/documents/openapi.ts',
      '../../functions/text/one.ts',
      '../../functions/platform/environment.ts',
      '../../functions/platform/metric-names.ts',
      '../config/stages.ts',
      'aws-cdk-lib/core',
    ],
  },
  {
    file: 'lib/web/view/one.tsx',
    reported: {
      'The page knows the client, and nothing else of lib.': ['../../local/one.ts', '../../bench/one.ts'],
      'The page knows the shapes of the interface, and nothing else of functions.': [
        '../../../functions/planted/rules.ts',
        '../../../functions/text/one.ts',
      ],
      'The page takes types of the contract only: its schemas are too heavy to send to a browser.': [
        '../../../functions/contract/limits.ts',
        '../../../functions/planted/contract.ts',
      ],
      'The page runs in a browser.': ['node:crypto'],
    },
    allowed: ['../../client/index.ts', '../model/one.ts', 'preact'],
  },
  {
    file: 'functions/planted/one.ts',
    reported: {
      ...notByAnybody,
      [noDrivers]: drivers,
      'A feature reaches another one by its uses, its contract or its live.ts, never by its store.': [
        '../other/stores/one.ts',
        '../other/store.ts',
      ],
      'Uses know nothing of what carries a request, or of how the schema came to be.': [
        '../transport/http.ts',
        '../documents/openapi.ts',
        '../migrations/mysql.ts',
        '../../lib/config/stages.ts',
      ],
    },
    allowed: [
      '../other/live.ts',
      './stores/one.ts',
      '../platform/clock.ts',
      '../gateways/one.ts',
      'node:crypto',
    ],
  },
  ...['contract', 'events'].map((name) => ({
    file: `functions/planted/${name}.ts`,
    reported: {
      [contractIsData]: [
        '../../bin/one.ts',
        './handlers/one.ts',
        './live.ts',
        './stores/one.ts',
        '../other/rules.ts',
        '../platform/clock.ts',
        'node:crypto',
        'kysely',
      ],
    },
    allowed: [
      './contract.ts',
      './events.ts',
      './rules.ts',
      '../contract/limits.ts',
      '../text/one.ts',
      '../other/contract.ts',
      '../other/events.ts',
      'zod',
    ],
  })),
  {
    file: 'functions/contract/one.ts',
    reported: {
      [contractIsData]: [
        '../../lib/config/stages.ts',
        '../other/rules.ts',
        '../platform/clock.ts',
        'node:crypto',
      ],
    },
    allowed: ['./limits.ts', '../text/one.ts', '../other/contract.ts', '../other/events.ts', 'zod'],
  },
  {
    file: 'functions/planted/rules.ts',
    reported: {
      'Rules are pure functions: no store, no clock, no network.': [
        './stores/one.ts',
        './live.ts',
        '../platform/clock.ts',
        '../other/live.ts',
        'node:crypto',
        'zod',
      ],
    },
    allowed: ['../contract/limits.ts', './contract.ts', '../other/contract.ts', '../other/rules.ts'],
  },
  ...['store.ts', 'stores/one.ts'].map((name) => ({
    file: `functions/planted/${name}`,
    reported: {
      [NOBODY]: ['../../bin/one.ts', '../handlers/one.ts'],
      'A store is asked by uses, and asks nobody but the platform.': [
        '../../events/publish.ts',
        '../../gateways/one.ts',
        '../../transport/http.ts',
      ],
      "A store knows no other feature's store.": ['../other/stores/one.ts', '../other/store.ts'],
    },
    allowed: ['../../platform/clock.ts', '../contract.ts', 'kysely'],
  })),
  {
    file: 'functions/planted/handlers/one.ts',
    reported: {
      [NOBODY]: ['../../../bin/one.ts', '../../other/handlers/one.ts'],
      [noDrivers]: drivers,
      'A handler asks uses, not stores.': ['../stores/one.ts', '../store.ts', '../../gateways/one.ts'],
    },
    allowed: ['../contract.ts', '../one.ts', '../../transport/http.ts'],
  },
  {
    file: 'functions/documents/one.ts',
    reported: {
      'Documents are made from the contract alone.': [
        '../../bin/one.ts',
        '../planted/rules.ts',
        '../platform/clock.ts',
        '../events/publish.ts',
        'node:fs',
      ],
    },
    allowed: ['./notes.ts', '../contract/table.ts', '../text/one.ts', '../planted/contract.ts', 'zod'],
  },
  {
    file: 'functions/documents/page/one.ts',
    reported: {
      'The page runs in a browser: from outside its folder it takes types only.': [
        '../json-schema.ts',
        '../../contract/table.ts',
        'node:fs',
        'zod',
      ],
    },
    allowed: ['./view.ts'],
  },
  ...['platform', 'gateways', 'text'].map((folder) => ({
    file: `functions/${folder}/one.ts`,
    reported: {
      ...notByAnybody,
      'The platform knows no features.': [
        '../planted/contract.ts',
        '../planted/stores/one.ts',
        '../events/one.ts',
      ],
    },
    allowed: [
      './one.ts',
      '../contract/limits.ts',
      '../platform/clock.ts',
      '../text/one.ts',
      'node:fs',
      'kysely',
    ],
  })),
  {
    file: 'functions/platform/mysql/one.ts',
    reported: {
      'The platform knows no features.': ['../../planted/contract.ts', '../../../lib/config/stages.ts'],
    },
    allowed: ['../clock.ts', '../../contract/limits.ts', '../../text/one.ts', './mysql.ts'],
  },
  {
    file: 'functions/transport/one.ts',
    reported: {
      ...notByAnybody,
      'The transport asks uses, not stores.': [
        '../planted/stores/one.ts',
        '../planted/store.ts',
        '../gateways/one.ts',
        '../documents/openapi.ts',
      ],
    },
    allowed: ['../planted/one.ts', '../events/publish.ts', '@middy/core'],
  },
  {
    file: 'functions/migrations/mysql/one.ts',
    reported: {
      [NOBODY]: ['../../../bin/one.ts', '../handlers/one.ts'],
      'A migration knows stores, and nothing above them.': [
        '../../events/publish.ts',
        '../../gateways/one.ts',
      ],
    },
    allowed: ['../../planted/stores/one.ts', '../../platform/mysql/mysql.ts', 'kysely'],
  },
];

const configuration = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8')) as Configuration;

/** The rule that applies to a file: that of the last override in the configuration whose pattern matches. */
const ruleFor = (file: string): Rules =>
  configuration.overrides.findLast(
    ({ files, rules }) =>
      rules['no-restricted-imports'] !== undefined && files.some((glob) => matchesGlob(file, glob)),
  )?.rules ?? configuration.rules;

const patternsOf = ({ 'no-restricted-imports': rule = 'off' }: Rules): readonly Pattern[] =>
  rule === 'off' ? [] : rule[1].patterns;

/** An import in a created file. */
interface Planted {
  readonly from: string;
  readonly isType: boolean;
  /** Of the pattern that has to report the import, or for an import of types may let it pass. */
  readonly message?: string;
}

/**
 * The imports of a file, one per line: each forbidden one as a value import and as a type import, and each allowed one.
 */
const importsOf = ({ reported, allowed }: Plant): readonly Planted[] => [
  ...Object.entries(reported).flatMap(([message, targets]) =>
    targets.flatMap((from) => [false, true].map((isType) => ({ from, isType, message }))),
  ),
  ...allowed.map((from) => ({ from, isType: false })),
];

const textOf = (plant: Plant): string =>
  importsOf(plant)
    .map(({ from, isType }, index) => `import ${isType ? 'type ' : ''}* as n${index} from '${from}';\n`)
    .join('');

/** The linter's messages about the created files, by `file:line`. */
const lint = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
  const folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
  try {
    await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    for (const plant of plants) {
      const path = join(folder, plant.file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, textOf(plant));
    }
    const output = await new Promise<string>((resolve) => {
      // It ends with 1 when it has something to report.
      execFile(
        join(root, 'node_modules/.bin/oxlint'),
        ['--format=json'],
        { cwd: folder, maxBuffer: 16 * 1024 * 1024 },
        (_error, stdout) => resolve(stdout),
      );
    });
    const { diagnostics, number_of_files } = JSON.parse(output) as {
      readonly number_of_files: number;
      readonly diagnostics: readonly {
        readonly code?: string;
        readonly help: string;
        readonly filename: string;
        readonly labels: readonly { readonly span: { readonly line: number } }[];
      }[];
    };
    assert.equal(number_of_files, plants.length);
    const found = diagnostics
      .filter(({ code }) => code === 'eslint(no-restricted-imports)')
      .map(({ help, filename, labels }) => ({ place: `${filename}:${labels[0]?.span.line}`, help }));
    return new Map(
      [...Map.groupBy(found, ({ place }) => place)].map(([place, all]) => [
        place,
        all.map(({ help }) => help),
      ]),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
};

suite("the linter's rules for imports", async () => {
  const found = await lint();

  for (const plant of plants) {
    test(`hold in ${plant.file}`, () => {
      const patterns = patternsOf(ruleFor(plant.file));
      for (const [index, { from, isType, message }] of importsOf(plant).entries()) {
        const messages = found.get(`${plant.file}:${index + 1}`) ?? [];
        const what = `${isType ? 'types of ' : ''}${from}: ${messages.join(' ')}`;
        if (message === undefined) {
          assert.deepEqual(messages, [], what);
          continue;
        }
        const pattern = patterns.find((one) => one.message === message);
        assert.ok(pattern, `${plant.file} has no rule that says: ${message}`);
        assert.equal(messages.includes(message), !isType || pattern.allowTypeImports !== true, what);
      }
    });
  }

  test('are all tried here', () => {
    for (const rules of [configuration.rules, ...configuration.overrides.map((one) => one.rules)]) {
      if (rules['no-restricted-imports'] === undefined) continue;
      const tried = plants.filter(({ file }) => ruleFor(file) === rules);
      assert.notEqual(tried.length, 0);
      const messages = patternsOf(rules).map(({ message }) => message);
      assert.equal(
        new Set(messages).size,
        messages.length,
        'A message tells which pattern reported an import.',
      );
      assert.deepEqual(new Set(tried.flatMap(({ reported }) => Object.keys(reported))), new Set(messages));
    }
  });

  // What a group excepts (`!`), oxlint holds to no later pattern.
  test('that make exceptions stand last', () => {
    for (const { rules } of configuration.overrides) {
      const excepting = patternsOf(rules).map(({ group = [] }) => group.some((glob) => glob.startsWith('!')));
      assert.deepEqual(
        excepting,
        excepting.map((one, index) => one && index === excepting.length - 1),
      );
    }
  });

  test('look neither ahead nor behind: oxlint takes such a pattern, and it never matches', () => {
    const expressions = [configuration.rules, ...configuration.overrides.map(({ rules }) => rules)]
      .flatMap(patternsOf)
      .flatMap(({ regex = [] }) => regex);
    assert.notEqual(expressions.length, 0);
    assert.deepEqual(
      expressions.filter((regex) => /\(\?<?[=!]/.test(regex)),
      [],
    );
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { needsOf, type Need } from '../../functions/contract/route.ts';
import { httpRoutes } from '../../functions/contract/table.ts';
import { bundleAll } from '../../lib/bench/bundle-sizes.ts';
import { synthesize } from '../support/synthesized.ts';

/** The ids of the routes whose responses contain all routes. */
const documents: ReadonlySet<string> = new Set(['get-openapi', 'get-asyncapi']);

const bundles = (await bundleAll()).map(({ route, file }) => ({
  route,
  file,
  code: readFileSync(file, 'utf8'),
}));

/**
 * The parts of a route's prose that would appear verbatim in a bundle: up to the first interpolated limit, backtick or
 * escaped character.
 */
const proseOf = ({ summary, description = '' }: (typeof httpRoutes)[number]): string[] =>
  [summary, description]
    .map((text) => text.split(/[^ -/:-_a-z]/)[0] ?? '')
    .filter((text) => text.length > 20);

/** Needs with another one's environment variables: the code reads them as those of that need. */
const readAs: Partial<Record<Need, Need>> = {
  'connections-read': 'connections',
  sessions: 'session-check',
  'session-checks': 'session-check',
  'file-intake': 'upload-forms',
  'image-decoding': 'upload-forms',
  avatars: 'upload-forms',
  'file-removal': 'upload-forms',
};

/** What a bundle contains that uses the resources of a need. */
const useOf = (need: Need): string =>
  need === 'post' ? 'PostToConnectionCommand' : `("${readAs[need] ?? need}")`;

suite('the bundle of a function', () => {
  test('uses what its route needs', () => {
    for (const { route, code } of bundles) {
      const unused = [...needsOf(route)].filter((need) => !code.includes(useOf(need)));
      assert.deepEqual(unused, [], route.id);
    }
  });

  test('has no prose of the contract, unless it makes a document of it', () => {
    const prose = httpRoutes.flatMap(proseOf);
    assert.ok(prose.length > httpRoutes.length / 2);
    for (const { route, code } of bundles) {
      const found = prose.filter((text) => code.includes(text));
      if (!documents.has(route.id)) assert.deepEqual(found, [], route.id);
    }
    const openApi = bundles.find(({ route }) => route.id === 'get-openapi');
    assert.deepEqual(
      prose.filter((text) => openApi?.code.includes(text) !== true),
      [],
    );
  });

  test('has its own route and no other', () => {
    // It tells an address that does not exist from a method that an address does not know.
    const whole = new Set([...documents, 'unknown-route']);
    for (const { route, code } of bundles) {
      if (whole.has(route.id)) continue;
      const found = httpRoutes.filter(({ id }) => code.includes(`id:"${id}",method:`));
      assert.deepEqual(
        found,
        httpRoutes.filter((one) => one === route),
        route.id,
      );
    }
  });
});

suite('the libraries of functions', () => {
  test('know nothing of a function as they are loaded, and begin nothing: functions share them', async () => {
    const files = new Map(
      bundles.flatMap(({ file }) =>
        readdirSync(dirname(file))
          .filter((name) => /-[A-Z0-9]{8}\.mjs$/.test(name))
          .map((name) => [name, join(dirname(file), name)] as const),
      ),
    );
    assert.ok(files.size > 10);
    const stage = await synthesize('production');
    const variables = new Set(
      stage
        .all('AWS::Lambda::Function')
        .flatMap(({ Properties }) =>
          Object.keys((Properties['Environment'] as { Variables?: object } | undefined)?.Variables ?? {}),
        ),
    );
    assert.ok(variables.has('SESSIONS_TABLE'));
    const own = process.env;
    const read = new Set<string>();
    // Pipes are the process's own streams, opened when somebody first looks at them.
    const active = (): string[] => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
    const begun = active();
    process.env = new Proxy(own, {
      get: (target, name) => {
        read.add(String(name));
        return Reflect.get(target, name) as unknown;
      },
    });
    try {
      for (const file of files.values()) await import(file);
    } finally {
      process.env = own;
    }
    assert.deepEqual(
      [...read].filter((name) => variables.has(name)),
      [],
    );
    assert.deepEqual(active(), begun);
  });
});

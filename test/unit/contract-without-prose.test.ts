import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { contractWithoutProse } from '../../lib/constructs/bundle-replacements/contract-without-prose.ts';

/** The result without marks of pure calls, and with normalized white space. */
const plain = (source: string): string =>
  contractWithoutProse(source)
    .replaceAll('/* @__PURE__ */ ', '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?, ?(?=[}\]])/g, ' ')
    .trim();

suite('the contract that functions carry', () => {
  test('has no metadata of schemas', () => {
    assert.equal(
      plain("const Chat = z.object({ id: Id.meta({ example: 42 }), b: B }).meta({ id: 'Chat' }).strict();"),
      'const Chat = z.object({ id: Id, b: B }).strict();',
    );
    assert.equal(plain('const A = z.string().meta({ id: names.meta(1) });'), 'const A = z.string();');
  });

  test('has no prose and no examples of routes and their responses, whatever is in them', () => {
    const route = `export const a = defineHttpRoute({
      id: 'a',
      summary: 'Ä “}” 😀',
      description: \`at most \${limits.x}, see {\`,
      body: A,
      examples: { b: { c: [1] } },
      responses: { 200: { description: 'x', body: Page(A).meta({ id: 'P' }), example: {} }, 204: { description: 'y', body: null } },
      errors: [],
    });
    export const b = 1;`;
    assert.equal(
      plain(route),
      "export const a = defineHttpRoute({ id: 'a', body: A, responses: { 200: { body: Page(A) }, 204: { body: null } }, errors: [] }); export const b = 1;",
    );
  });

  test('keeps fields of the same names', () => {
    const event = (description: string) =>
      `const e = defineEvent({ id: 'E',${description} fields: { description: Text, example: z.string() } });`;
    assert.equal(plain(event(" description: 'An event.',")), event(''));
    const schema = 'const S = z.object({ summary: z.string(), description: Text, examples: z.array(Text) });';
    assert.equal(plain(schema), schema);
  });

  test('marks calls as pure, each chain and each argument', () => {
    assert.equal(
      contractWithoutProse('export const A = z.array(z.int().min(1)).max(2).meta({ a: f() });'),
      'export const A = /* @__PURE__ */ z.array(/* @__PURE__ */ z.int().min(1)).max(2);',
    );
  });

  test('keeps calls that are made for their effects', () => {
    const source = `export class ServiceError extends Error {
      constructor(name) { super(detailOf(name)); this.set(name); }
    }
    export const add = (to) => { to.push(1); return to.slice(); };
    if (found === undefined) fail(format(1));
    start();`;
    assert.equal(contractWithoutProse(source), source);
  });
});

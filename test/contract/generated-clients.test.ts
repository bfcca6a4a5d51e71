import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { document, responseOf, type Operation } from '../support/answers.ts';

/*
 * What generators of clients stumble over, as rules for the document: each was a client that did not compile, that lost
 * operations, or that could not read an answer. `npm run test:clients` generates and runs clients in six languages.
 */

const { schemas } = document.components;

const operations: readonly Operation[] = Object.values(document.paths).flatMap((methods) =>
  Object.values(methods),
);

const nameOf = ({ $ref = '' }: JsonSchema): string | undefined => $ref.split('/').at(-1) || undefined;

const resolved = (schema: JsonSchema): JsonSchema => schemas[nameOf(schema) ?? ''] ?? schema;

/** A schema with all that are inside it, each with its place. */
const within = (place: string, schema: JsonSchema): (readonly [string, JsonSchema])[] => [
  [place, schema],
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => within(`${place}.${name}`, field)),
  ...(schema.items === undefined ? [] : within(`${place}[]`, schema.items)),
  ...(typeof schema.additionalProperties === 'object'
    ? within(`${place}.*`, schema.additionalProperties)
    : []),
  ...(['anyOf', 'oneOf', 'allOf'] as const).flatMap((keyword) =>
    (schema[keyword] ?? []).flatMap((one, index) => within(`${place} ${keyword} ${index}`, one)),
  ),
];

const bodies: readonly (readonly [string, JsonSchema])[] = operations.flatMap(
  ({ operationId, requestBody, responses }) => [
    ...Object.values(requestBody?.content ?? {}).map(
      ({ schema }) => [`${operationId} body`, schema] as const,
    ),
    ...Object.entries(responses).flatMap(([status, response]) =>
      Object.values(responseOf(response).content ?? {}).map(
        ({ schema }) => [`${operationId} ${status}`, schema] as const,
      ),
    ),
  ],
);

const parameters = operations.flatMap(({ operationId, parameters: own = [] }) =>
  own.map(({ name, schema }) => [`${operationId} ?${name}`, schema] as const),
);

const all = [...Object.entries(schemas), ...bodies, ...parameters].flatMap(([place, schema]) =>
  within(place, schema),
);

const wordsOf = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();

/** Names that would be of one file, class or method where a language knows no case and no dashes. */
const alike = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.findIndex((other) => wordsOf(other) === wordsOf(name)) !== index);

suite('clients that are generated of the OpenAPI document', () => {
  test('have one type for each body: a named object, and no choice', () => {
    const wrong = bodies.filter(([, schema]) => {
      const { anyOf, oneOf, allOf, properties } = resolved(schema);
      const isChoice = (anyOf ?? oneOf ?? allOf) !== undefined;
      return isChoice || (properties !== undefined && nameOf(schema) === undefined);
    });
    assert.deepEqual(wrong, []);
  });

  test('have one type for every error', () => {
    const errors = operations.flatMap(({ responses }) =>
      Object.values(responses)
        .map(responseOf)
        .filter((response) => response['x-error-codes'] !== undefined)
        .flatMap(({ content }) => Object.values(content ?? {}).map(({ schema }) => nameOf(schema))),
    );
    assert.deepEqual(new Set(errors), new Set(['ApiError']));
  });

  test('have a name for every object', () => {
    const nameless = all.filter(([place, { properties }]) => properties !== undefined && !(place in schemas));
    assert.deepEqual(
      nameless.map(([place]) => place),
      [],
      'name it, by `.meta({ id, description })`',
    );
  });

  test('meet choices only where a value may be null, and where a choice has a name', () => {
    const named = new Set(['ClientFrame', 'ServerFrame']);
    const wrong = all.filter(([place, { anyOf, oneOf, allOf, type }]) => {
      if (named.has(place)) return false;
      const orNull = anyOf?.length === 2 && nameOf(anyOf[0] ?? {}) !== undefined && anyOf[1]?.type === 'null';
      const types = [type ?? []].flat().filter((one) => one !== 'null');
      return (anyOf !== undefined && !orNull) || (oneOf ?? allOf) !== undefined || types.length > 1;
    });
    assert.deepEqual(wrong, []);
  });

  test('take no choice for something that has an id', () => {
    const wrong = Object.entries(schemas).filter(
      ([, { oneOf = [], 'x-swift-identifiable': identifiable }]) =>
        oneOf.some((one) => 'id' in (resolved(one).properties ?? {})) && identifiable !== false,
    );
    assert.deepEqual(
      wrong.map(([name]) => name),
      [],
      'Swift: its enumeration of frames would have to have an `id`',
    );
  });

  test('know how large every whole number may be', () => {
    const wrong = all.filter(([, { type, minimum, maximum, format }]) => {
      if (![type].flat().includes('integer')) return false;
      if (minimum === undefined || maximum === undefined) return true;
      return maximum > Number.MAX_SAFE_INTEGER || (format === 'int64') !== maximum > 2 ** 31 - 1;
    });
    assert.deepEqual(wrong, []);
  });

  test('need not send a field that has a default', () => {
    const inBodies = Object.entries(schemas).flatMap(([place, schema]) => within(place, schema));
    assert.deepEqual(
      inBodies.filter(([, schema]) => 'default' in schema).map(([place]) => place),
      [],
      'say it in its description: generated TypeScript asks for such a field',
    );
  });

  test('have constants and enumerations of texts alone', () => {
    const wrong = all.filter(
      ([, schema]) =>
        ('const' in schema && typeof schema.const !== 'string') ||
        (schema.enum ?? []).some((value) => typeof value !== 'string'),
    );
    assert.deepEqual(wrong, []);
  });

  test('have patterns without a slash, which is escaped where Swift knows no such escape', () => {
    const wrong = all.filter(([, { pattern }]) => pattern?.includes('/'));
    assert.deepEqual(
      wrong.map(([place, { pattern }]) => [place, pattern]),
      [],
      String.raw`write it as \x2f`,
    );
  });

  test('have no names that collide', () => {
    const names = Object.keys(schemas);
    assert.deepEqual(alike(names), []);
    // Go makes the constructors `NewMessage` and `NewMessageWithDefaults`, and the type `NullableMessage`, of `Message`.
    const made = new Set(
      names.flatMap((name) => [`New${name}`, `New${name}WithDefaults`, `Nullable${name}`]),
    );
    assert.deepEqual(
      names.filter((name) => made.has(name)),
      [],
    );
    // Types that languages have everywhere.
    const known =
      /^(?:Any|Array|Boolean|Character|Date|Data|Decimal|Double|Error|Exception|File|Float|Int|Integer|List|Long|Map|Number|Object|Optional|Record|Result|Set|String|Task|Type|URL|Unit|Void)$/i;
    assert.deepEqual(
      names.filter((name) => known.test(name)),
      [],
    );
    for (const [place, { properties = {} }] of all)
      assert.deepEqual(alike(Object.keys(properties)), [], place);
  });

  test('have every operation once: in the file of its tag, by its name', () => {
    for (const { operationId, tags } of operations) assert.equal(tags.length, 1, operationId);
    assert.deepEqual(alike([...new Set(operations.flatMap(({ tags }) => tags))]), []);
    assert.deepEqual(alike(operations.map(({ operationId }) => operationId)), []);
    // A webhook of a tag is written into the same file as the tag's operations, which are lost.
    assert.ok(!('webhooks' in document));
  });
});

import { createConfig, lintFromString } from '@redocly/openapi-core';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { format } from 'prettier';
import { codeOf, errorCatalogue, errorCodes } from '../../functions/contract/errors.ts';
import { errorsOf, openApiDocument } from '../../functions/documents/openapi.ts';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { fieldNotes } from '../../functions/documents/notes.ts';
import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import packageJson from '../../package.json' with { type: 'json' };
import {
  assertDocumented,
  document,
  misfits,
  responseOf,
  type Media,
  type Operation,
} from '../support/answers.ts';

const operations = httpRoutes.map((route) => {
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];
  assert.ok(operation !== undefined, `${route.id} is in the document`);
  return { route, operation };
});

const examplesOf = (media: Media): unknown[] => [
  ...('example' in media ? [media.example] : []),
  ...Object.values(media.examples ?? {}).map(({ value }) => value),
];

/** All bodies of an operation, each with a name. */
const mediaOf = (operation: Operation): (readonly [string, Media])[] => [
  ...Object.values(operation.requestBody?.content ?? {}).map(
    (media) => [`${operation.operationId} body`, media] as const,
  ),
  ...Object.entries(operation.responses).flatMap(([status, response]) =>
    Object.values(responseOf(response).content ?? {}).map(
      (media) => [`${operation.operationId} ${status}`, media] as const,
    ),
  ),
];

suite('the OpenAPI document', () => {
  test('is committed as the route table makes it', async () => {
    const committed = await readFile(
      new URL('../../functions/documents/openapi.json', import.meta.url),
      'utf8',
    );
    const made = await format(JSON.stringify(openApiDocument(packageJson.version)), {
      ...(packageJson.prettier as object),
      parser: 'json',
    });
    assert.equal(committed, made, 'run: npm run openapi');
  });

  test('has no problem by Redocly’s recommended rules but those that its paths and its frames are', async () => {
    const problems = await lintFromString({
      source: JSON.stringify(document),
      config: await createConfig({ extends: ['recommended'] }),
    });
    assert.deepEqual(
      problems.map(({ ruleId, message }) => `${ruleId}: ${message}`).toSorted(),
      [
        // API Gateway alone refuses a request to these, in its own form.
        ...operations
          .filter(({ operation }) =>
            Object.keys(operation.responses).every((status) => !status.startsWith('4')),
          )
          .map(() => 'operation-4xx-response: Operation must have at least one `4XX` response.'),
        // No operation of HTTP refers to what a WebSocket carries.
        'no-unused-components: Component: "ClientFrame" is never used.',
        'no-unused-components: Component: "ServerFrame" is never used.',
        // The rule looks at paths alone. API Gateway prefers a fixed segment to a parameter: `chat` is no message’s id.
        ...['restore', 'reactions', 'pin'].map(
          (last) =>
            'no-ambiguous-paths: Paths should resolve unambiguously. Found two ambiguous paths: ' +
            `\`/api/v1/messages/chat/{chat_id}\` and \`/api/v1/messages/{id}/${last}\`.`,
        ),
      ].toSorted(),
    );
  });

  test('has the operations of the route table and no others', () => {
    const inDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
      ),
    );
    const inTable = httpRoutes.map(({ id, method, path }) => `${id} ${method} ${path}`);
    assert.deepEqual(inDocument.toSorted(), inTable.toSorted());
  });

  test('says of each operation and answer what its definition says', () => {
    for (const { route, operation } of operations) {
      assert.equal(operation.description, route.description, route.id);
      const [requestMedia] = Object.values(operation.requestBody?.content ?? {});
      for (const [name, example] of Object.entries(route.examples ?? {})) {
        assert.deepEqual(requestMedia?.examples?.[name]?.value, example, `${route.id} ${name}`);
      }
      for (const [status, { description, ...answer }] of Object.entries(route.responses)) {
        const response = responseOf(operation.responses[status] ?? {});
        assert.equal(response.description, description, `${route.id} ${status}`);
        const [media] = Object.values(response.content ?? {});
        if ('example' in answer) assert.deepEqual(media?.example, answer.example, `${route.id} ${status}`);
        for (const [name, fields] of Object.entries(answer.examples ?? {})) {
          assert.partialDeepStrictEqual(
            media?.examples?.[name]?.value,
            fields,
            `${route.id} ${status} ${name}`,
          );
        }
      }
    }
  });

  test('names every error of every route, under its status', () => {
    for (const { route, operation } of operations) {
      for (const name of errorsOf(route)) {
        const response = responseOf(operation.responses[errorCatalogue[name].status] ?? {});
        const [media] = Object.values(response.content ?? {});
        const code = codeOf(name);
        assert.ok(response['x-error-codes']?.includes(code), `${route.id}: ${code}`);
        assert.deepEqual(media?.schema, { $ref: '#/components/schemas/ApiError' }, route.id);
        const example = media?.examples?.[name]?.value as { code?: string } | undefined;
        assert.equal(example?.code, code, route.id);
      }
    }
    for (const { route, operation } of operations) {
      const listed = Object.values(operation.responses).flatMap(
        (response) => responseOf(response)['x-error-codes'] ?? [],
      );
      assert.deepEqual(new Set(listed), new Set(errorsOf(route).map(codeOf)), `${route.id} has no others`);
    }
    const error = document.components.schemas['ApiError'];
    assert.deepEqual(error?.properties?.['code']?.['x-extensible-enum'], errorCodes);
  });

  test('shows an example of every body, and each fits its schema', () => {
    for (const { operation } of operations) {
      for (const [name, media] of mediaOf(operation)) {
        const examples = examplesOf(media);
        assert.ok(examples.length > 0, `${name} has an example`);
        for (const example of examples) {
          assert.deepEqual(misfits(media.schema, example), [], `${name}: ${JSON.stringify(example)}`);
        }
      }
      for (const { name, schema, example } of operation.parameters ?? []) {
        if (example !== undefined) assert.deepEqual(misfits(schema, example), [], name);
      }
    }
    for (const [id, schema] of Object.entries(document.components.schemas)) {
      for (const example of schema.examples ?? []) assert.deepEqual(misfits(schema, example), [], id);
    }
  });

  test('shows an example of every frame, both ways', () => {
    for (const name of ['ClientFrame', 'ServerFrame']) {
      const choice = document.components.schemas[name];
      assert.ok((choice?.oneOf ?? []).length > 0, name);
      const mapping = choice?.['discriminator'] as { mapping: Record<string, string> };
      assert.equal(Object.keys(mapping.mapping).length, choice?.oneOf?.length);
      for (const reference of Object.values(mapping.mapping)) {
        const { examples = [] } = document.components.schemas[reference.split('/').at(-1) ?? ''] ?? {};
        assert.ok(examples.length > 0, reference);
        for (const example of examples) {
          assert.deepEqual(misfits({ $ref: `#/components/schemas/${name}` }, example), [], reference);
        }
      }
    }
    const frames = webSocketRoutes.flatMap(({ frame }) => frame ?? []).length;
    assert.equal(document.components.schemas['ClientFrame']?.oneOf?.length, frames);
  });

  test('says what everything is', () => {
    const silent = Object.entries(document.components.schemas).flatMap(([id, schema]) => [
      ...(schema.description === undefined ? [id] : []),
      ...Object.entries(schema.properties ?? {})
        .filter(([, property]) => property.description === undefined && !('const' in property))
        .map(([name]) => `${id}.${name}`),
    ]);
    const parameters = operations.flatMap(({ operation }) =>
      (operation.parameters ?? [])
        .filter(({ description }) => description === undefined)
        .map(({ name }) => `${operation.operationId} ${name}`),
    );
    assert.deepEqual(
      [...silent, ...parameters],
      [],
      'describe them where they are defined, by `.meta({ description })`',
    );
  });

  test('has no notes about what is gone', () => {
    const used = new Set<string>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties = {} } = value as JsonSchema;
      for (const [name, property] of Object.entries(properties)) used.add(`${name}: ${property.description}`);
      Object.values(value).forEach(visit);
    };
    visit(document);
    for (const { operation } of operations) {
      for (const { name, description } of operation.parameters ?? []) used.add(`${name}: ${description}`);
    }
    const gone = Object.entries(fieldNotes)
      .filter(([name, { description }]) => !used.has(`${name}: ${description}`))
      .map(([name]) => name);
    assert.deepEqual(gone, [], 'remove them from functions/documents/notes.ts');
  });

  test('has none of the traces that making it from zod could leave', () => {
    const found: string[] = [];
    const visit = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, item] of Object.entries(value)) {
        if (/\/(?:example|examples|properties)$/.test(place)) {
          if (place.endsWith('properties')) visit(item, `${place}/${key}`);
          continue;
        }
        if (['$schema', '$defs', 'nullable', 'exclusiveMinimum'].includes(key)) found.push(`${place}/${key}`);
        if (key === 'schema' && Object.keys(item as object).length === 0) found.push(`${place}/${key}`);
        visit(item, `${place}/${key}`);
      }
    };
    visit(document, '');
    assert.deepEqual(found, []);
  });
});

suite('the check of every answer that tests get', () => {
  const body = { online_users: 1, total_connections: 2 };
  const answer = (status: number, answered: unknown, type = 'application/json') => ({
    status,
    headers: new Headers({ 'content-type': `${type}; charset=utf-8`, 'x-request-id': 'a' }),
    body: answered,
  });
  const check = (given: ReturnType<typeof answer>, method = 'GET') => {
    assertDocumented(method, '/api/v1/ws/stats?x=1', given);
  };

  test('lets pass what the document allows', () => {
    check(answer(200, body));
    check(answer(405, { detail: 'No.', status_code: 405, code: 'method_not_allowed' }), 'PATCH');
  });

  test('finds what it does not, and names the operation', () => {
    const wrong = [
      answer(200, { ...body, password_hash: 'x' }),
      answer(200, { online_users: 1 }),
      answer(200, { ...body, online_users: '1' }),
      answer(200, body, 'text/plain'),
      answer(201, body),
      answer(401, { detail: 'No.', status_code: 401, code: 'last_admin' }),
      answer(401, { detail: 'No.', status_code: 403, code: 'invalid_token' }),
      answer(401, { detail: 'No.', status_code: 401, code: 'invalid_token', retry_after: 1 }),
      answer(401, { detail: 'No.', status_code: 401, code: 'invalid_token', errors: [] }),
      answer(503, { detail: 'No.', status_code: 503, code: 'store_unavailable' }),
      { ...answer(200, body), headers: new Headers({ 'content-type': 'application/json; charset=utf-8' }) },
    ];
    for (const one of wrong) assert.throws(() => check(one), /get-stats/, JSON.stringify(one));
  });
});

import { Parser } from '@asyncapi/parser';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asyncApiDocument } from '../../functions/documents/asyncapi.ts';
import { openApiDocument } from '../../functions/documents/openapi.ts';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { events } from '../../functions/contract/events.ts';
import { webSocketRoutes } from '../../functions/contract/table.ts';

const document = asyncApiDocument('1.0.0', 'wss://chat.example.org/production');

/** What AsyncAPI's own parser makes of a document, and what it objects to. */
const parse = (source: object) => new Parser().parse(JSON.stringify(source));

suite('the AsyncAPI document', () => {
  test('is one, for AsyncAPI’s own parser', async () => {
    const { document: parsed, diagnostics } = await parse(document);
    const objections = diagnostics
      // Version 3.0 is what most tools read today; that there is 3.1 is no fault of the document.
      .filter(({ code }) => code !== 'asyncapi-latest-version')
      .map(({ code, message, path }) => `${code} at ${path.join('.')}: ${message}`);
    assert.deepEqual(objections, []);
    assert.equal(parsed?.version(), '3.0.0');
    const [server] = parsed.servers().all();
    assert.equal(server?.url(), 'wss://chat.example.org/production');
  });

  test('has every frame, in its direction, with an example that the parser holds against the schema', async () => {
    const { document: parsed } = await parse(document);
    const typesOf = (action: 'send' | 'receive') =>
      parsed
        ?.operations()
        .filter((operation) => operation.action() === action)
        .flatMap((operation) => operation.messages().all())
        .map((message) => message.name())
        .toSorted();
    assert.deepEqual(
      typesOf('receive'),
      webSocketRoutes.flatMap(({ routeKey, frame }) => (frame === undefined ? [] : [routeKey])).toSorted(),
    );
    assert.deepEqual(typesOf('send'), Object.keys(events).toSorted());
    for (const message of parsed?.messages().all() ?? []) {
      assert.equal(message.examples().length, 1, message.id());
    }
  });

  test('an example that does not fit its schema is found', async () => {
    const wrong = structuredClone(document) as {
      components: { messages: { Pong: { examples: [{ payload: { timestamp: string } }] } } };
    };
    wrong.components.messages.Pong.examples[0].payload.timestamp = 'yesterday';
    const { diagnostics } = await parse(wrong);
    assert.notDeepEqual(diagnostics, []);
  });

  test('describes frames as the OpenAPI document does', () => {
    const schemasOf = (source: object) =>
      (source as { components: { schemas: Record<string, JsonSchema> } }).components.schemas;
    const openApi = schemasOf(openApiDocument('1.0.0'));
    const apart: string[] = [];
    for (const [id, schema] of Object.entries(schemasOf(document))) {
      if (id in openApi) assert.deepEqual(schema, openApi[id], id);
      else apart.push(id);
    }
    // OpenAPI has one schema for a type of frame, with the fields of both; only `join` and `leave` answer a `ref` of null.
    assert.deepEqual(apart.toSorted(), ['ChatAck', 'MessageAck']);
    const acks = apart.map((id) => schemasOf(document)[id] ?? {});
    const { ref: _, ...fields } = Object.assign({}, ...acks.map(({ properties }) => properties)) as object & {
      ref: JsonSchema;
    };
    const { ref: merged, ...mergedFields } = openApi['Ack']?.properties ?? {};
    assert.deepEqual(mergedFields, fields);
    assert.deepEqual(merged, schemasOf(document)['ChatAck']?.properties?.['ref']);
    const always = Object.keys(fields).filter((name) =>
      acks.every(({ required }) => required?.includes(name)),
    );
    assert.deepEqual(openApi['Ack']?.required?.toSorted(), always.toSorted());
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asyncApiDocument } from '../../functions/documents/asyncapi.ts';
import { openApiDocument } from '../../functions/documents/openapi.ts';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { events } from '../../functions/contract/events.ts';
import { webSocketRoutes } from '../../functions/contract/table.ts';
import { objectionsTo, resolved, type AsyncApiDocument } from '../support/asyncapi-document.ts';

const document = asyncApiDocument(
  '1.0.0',
  'wss://chat.example.org/production',
) as unknown as AsyncApiDocument;

/** A modified copy of the document. */
const changed = (change: (copy: AsyncApiDocument) => object): AsyncApiDocument => {
  const copy = structuredClone(document);
  return Object.assign(copy, change(copy));
};

suite('the AsyncAPI document', () => {
  test('is one, by AsyncAPI’s own schema and the rules beside it', () => {
    assert.deepEqual(objectionsTo(document), []);
    assert.equal(document.asyncapi, '3.0.0');
    const [server] = Object.values(document.servers);
    assert.equal(
      `${server?.protocol}://${server?.host}${server?.pathname}`,
      'wss://chat.example.org/production',
    );
  });

  test('has every frame, in its direction, with an example', () => {
    const typesOf = (action: 'send' | 'receive') =>
      Object.values(document.operations)
        .filter((operation) => operation.action === action)
        .flatMap(({ messages }) => messages.map((message) => resolved(document, message) as { name: string }))
        .map(({ name }) => name)
        .toSorted();
    assert.deepEqual(
      typesOf('receive'),
      webSocketRoutes.flatMap(({ routeKey, frame }) => (frame === undefined ? [] : [routeKey])).toSorted(),
    );
    assert.deepEqual(typesOf('send'), Object.keys(events).toSorted());
    for (const [id, { examples }] of Object.entries(document.components.messages)) {
      assert.equal(examples?.length, 1, id);
    }
  });

  test('would be objected to if anything of it were wrong', () => {
    const [name = '', operation] = Object.entries(document.operations)[0] ?? [];
    const [other = ''] = Object.keys(document.components.messages);
    const { messages } = document.components;
    const pong = { ...messages['Pong'], examples: [{ payload: { type: 'pong', timestamp: 'yesterday' } }] };
    const wrong: readonly (readonly [RegExp, AsyncApiDocument])[] = [
      [/info/, changed(() => ({ info: {} }))],
      [/operations.*action/, changed(() => ({ operations: { [name]: { ...operation, action: 'shout' } } }))],
      [/refers to nothing/, changed(({ components }) => ({ components: { ...components, schemas: {} } }))],
      [
        /components\/schemas\/Spare is never used/,
        changed(({ components }) => ({
          components: { ...components, schemas: { ...components['schemas'], Spare: {} } },
        })),
      ],
      [
        /no message of its channel/,
        changed(({ operations }) => ({
          operations: {
            ...operations,
            [name]: { ...operation, messages: [{ $ref: `#/components/messages/${other}` }] },
          },
        })),
      ],
      [
        /parameters are not those/,
        changed(({ channels }) => ({
          channels: Object.fromEntries(
            Object.entries(channels).map(([id, channel]) => [id, { ...channel, address: '/{user}' }]),
          ),
        })),
      ],
      [
        /example of Pong\/timestamp/,
        changed(({ components }) => ({
          components: { ...components, messages: { ...messages, Pong: pong } },
        })),
      ],
    ];
    for (const [what, one] of wrong) assert.match(objectionsTo(one).join('\n'), what);
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

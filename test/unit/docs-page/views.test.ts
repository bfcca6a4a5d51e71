import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asyncApiDocument } from '../../../functions/documents/asyncapi.ts';
import { openApiDocument } from '../../../functions/documents/openapi.ts';
import {
  examplesOf,
  operationsOf,
  resolve,
  type AsyncApi,
  type OpenApi,
  type Response,
  type Schema,
} from '../../../functions/documents/page/document.ts';
import { documentViews, indexViews } from '../../../functions/documents/page/document-views.ts';
import {
  answerView,
  failureView,
  operationContents,
} from '../../../functions/documents/page/operation-views.ts';
import { errorsOf, errorView } from '../../../functions/documents/page/error-views.ts';
import { inline, paragraphs } from '../../../functions/documents/page/prose.ts';
import {
  limitsOf,
  schemaDetails,
  schemaView,
  typeOf,
} from '../../../functions/documents/page/schema-views.ts';
import { frameExamples, frameLine, socketForm } from '../../../functions/documents/page/socket-views.ts';
import { webSocketRoutes } from '../../../functions/contract/table.ts';
import { h, type Content, type View } from '../../../functions/documents/page/view.ts';

/** Contents as HTML for the assertions of a test: nothing is escaped. */
const htmlOf = (...contents: Content[]): string =>
  h('', {}, contents)
    .children.map((child) => {
      if (typeof child === 'string') return child;
      const attributes = Object.entries(child.attributes).map(([name, value]) => ` ${name}="${value}"`);
      return `<${child.tag}${attributes.join('')}>${htmlOf(child.children)}</${child.tag}>`;
    })
    .join('');

const textOf = (...contents: Content[]): string => htmlOf(...contents).replaceAll(/<[^>]*>/g, '');

/** All elements of views, including nested ones. */
const elementsOf = (views: readonly (View | string)[]): View[] =>
  views.flatMap((view) => (typeof view === 'string' ? [] : [view, ...elementsOf(view.children)]));

const api = openApiDocument('1.0.0') as unknown as OpenApi;
const asyncApi = asyncApiDocument('1.0.0', 'wss://chat.example.org/production') as unknown as AsyncApi;

suite('elements', () => {
  test('leave out attributes that are not set, and contents that are nothing', () => {
    assert.deepEqual(h('a', { b: true, c: false, d: undefined, e: 'f' }, undefined, ['x', [h('i')]]), {
      tag: 'a',
      attributes: { b: '', e: 'f' },
      children: ['x', { tag: 'i', attributes: {}, children: [] }],
    });
  });
});

suite('prose', () => {
  test('has code and strong text, and takes all else as it is', () => {
    assert.equal(
      htmlOf(inline('**Both** `a` and <b>, `**c**` and *d*')),
      '<strong>Both</strong> <code>a</code> and <b>, <code>**c**</code> and *d*',
    );
  });

  test('is parted by blank lines', () => {
    assert.equal(htmlOf(paragraphs('a\nb\n\n\nc')), '<p>a\nb</p><p>c</p>');
    assert.deepEqual(paragraphs(undefined), []);
  });
});

suite('a type in a few words', () => {
  const shown: readonly (readonly [Schema, string])[] = [
    [{ $ref: '#/components/schemas/Chat' }, '<a href="#schema-Chat">Chat</a>'],
    [{ type: 'string' }, 'string'],
    [{ type: ['string', 'null'], format: 'uuid' }, 'string or null, uuid'],
    [{ type: 'integer', format: 'int64' }, 'integer'],
    [{ type: 'array', items: { type: 'integer' } }, 'list of integer'],
    [{ const: 'text' }, '<code>"text"</code>'],
    [{ type: 'string', enum: ['start', 'stop'] }, '<code>"start"</code> or <code>"stop"</code>'],
    [{ type: 'string', enum: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }, 'string'],
    [
      { anyOf: [{ $ref: '#/components/schemas/Message' }, { type: 'null' }] },
      '<a href="#schema-Message">Message</a> or null',
    ],
    [{ allOf: [{ $ref: '#/components/schemas/Error' }, {}] }, '<a href="#schema-Error">Error</a>'],
    [{}, 'anything'],
  ];
  for (const [schema, html] of shown) {
    test(JSON.stringify(schema), () => assert.equal(htmlOf(typeOf(schema)), html));
  }
});

suite('limits in words', () => {
  const shown: readonly (readonly [Schema, string])[] = [
    [{}, ''],
    [{ minimum: 1 }, 'from 1'],
    [{ minimum: 1, maximum: 100, default: 20 }, '1 to 100; 20 unless given'],
    [{ maxLength: 254 }, 'at most 254 characters'],
    [{ minLength: 3, maxLength: 50, pattern: '^a' }, '3 to 50 characters; matches ^a'],
    [{ format: 'date-time', pattern: '^a' }, ''],
    [{ maxItems: 1000 }, 'at most 1000 items'],
  ];
  for (const [schema, words] of shown) {
    test(JSON.stringify(schema), () => assert.equal(limitsOf(schema), words));
  }
});

suite('a schema', () => {
  test('is a table of its fields, those of unnamed objects inside', () => {
    const schema: Schema = {
      type: 'object',
      description: 'It has `fields`.',
      properties: {
        id: { type: 'integer', description: 'Its id.', minimum: 1 },
        errors: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' } } } },
      },
      required: ['id'],
      examples: [{ id: 1 }],
    };
    assert.equal(
      htmlOf(schemaView(schema)),
      '<table><tbody>' +
        '<tr><th scope="row" class="required">id</th><td>integer</td><td>Its id.<span class="faint"> from 1</span></td></tr>' +
        '<tr><th scope="row">errors</th><td>list of object</td><td><table><tbody>' +
        '<tr><th scope="row">path</th><td>string</td><td></td></tr>' +
        '</tbody></table></td></tr></tbody></table>',
    );
    const details = htmlOf(schemaDetails('Thing', schema));
    assert.match(details, /^<details class="schema" id="schema-Thing">/);
    assert.match(details, /It has <code>fields<\/code>\./);
    assert.ok(details.includes('<pre tabindex="0">{\n  "id": 1\n}</pre>'));
  });

  test('is what it is a choice of', () => {
    const choice = schemaView({
      oneOf: [{ $ref: '#/components/schemas/A' }, { type: 'object', properties: { b: { type: 'string' } } }],
    });
    assert.match(htmlOf(choice), /^<p><a href="#schema-A">A<\/a><\/p><table>/);
    assert.equal(htmlOf(schemaView({ type: 'string' })), '<p>string</p>');
  });
});

suite('a reference', () => {
  test('is followed to what it stands for', () => {
    const document = { a: { b: { $ref: '#/c' } }, c: { x: 1 } };
    assert.deepEqual(resolve({ $ref: '#/a/b' }, document), { x: 1 });
    assert.equal(resolve(document.c, document), document.c);
    assert.throws(() => resolve({ $ref: '#/a/d' }, document), /nothing at #\/a\/d/);
  });
});

suite('examples of a body', () => {
  test('are one, several or none', () => {
    assert.deepEqual(examplesOf({ schema: {}, example: null }), [null]);
    assert.deepEqual(examplesOf({ schema: {}, examples: { a: { value: 1 }, b: { value: 2 } } }), [1, 2]);
    assert.deepEqual(examplesOf({ schema: {} }), []);
  });
});

suite('an answer', () => {
  const answer = { status: 201, statusText: 'Created', headers: [['a', 'b']], milliseconds: 12 } as const;

  test('shows its status, its body and its headers', () => {
    const html = htmlOf(answerView({ ...answer, body: { id: 7 } }));
    assert.match(html, /<strong class="good" data-status="201">201<\/strong> Created /);
    assert.ok(html.includes('<pre tabindex="0" class="answer">{\n  "id": 7\n}</pre>'));
    assert.ok(html.includes('<pre tabindex="0">a: b</pre>'));
  });

  test('without a body has none, and a bad one looks so', () => {
    const html = htmlOf(answerView({ ...answer, status: 404, body: undefined }));
    assert.ok(!html.includes('class="answer"'));
    assert.match(html, /class="bad" data-status="404"/);
    assert.equal(htmlOf(failureView(new Error('no network'))), '<p class="bad">Error: no network</p>');
  });
});

suite('the index of errors', () => {
  const errors = errorsOf(api);

  test('has every code that an operation answers, under its status, with who answers it', () => {
    const answered = operationsOf(api).flatMap(({ operation }) =>
      Object.entries(operation.responses).flatMap(([status, response]) =>
        (resolve<Response>(response, api)['x-error-codes'] ?? []).map((code) => `${status} ${code}`),
      ),
    );
    assert.deepEqual(
      errors.map(({ status, code }) => `${status} ${code}`),
      [...new Set(answered)].toSorted(),
    );
    const full = errors.find(({ code }) => code === 'group_full');
    assert.deepEqual(full?.operationIds, ['create-chat', 'add-participants', 'accept-invite']);
    assert.equal(full?.detail, 'A group has at most 100 members.');
  });

  test('links a code to its operations, where they are few', () => {
    const htmlFor = (code: string) =>
      errors.filter((error) => error.code === code).map((error) => htmlOf(errorView(error)))[0] ?? '';
    assert.match(
      htmlFor('last_admin'),
      /Answered by <a href="#remove-participant">remove-participant<\/a>, <a/,
    );
    assert.match(htmlFor('internal_error'), /Answered by \d\d operations\./);
  });

  test('is found by code, status and words, as routes and frames are', () => {
    const entries = elementsOf(indexViews(api, asyncApi)).filter(({ tag }) => tag === 'li');
    const found = (...words: string[]) =>
      entries
        .filter(({ attributes }) => words.every((word) => attributes['data-text']?.includes(word)))
        .map((entry) => textOf(entry));
    assert.deepEqual(found('restore_window'), ['409restore_window_over']);
    assert.deepEqual(found('typing_started'), ['gettyping_started']);
    assert.deepEqual(found('put', '/users/me', 'profile'), ['PUTChange your own profile']);
  });
});

suite('the form of the WebSocket', () => {
  test('offers every frame that a client sends, with an example', () => {
    const examples = frameExamples(asyncApi);
    assert.deepEqual(
      examples.map(({ type }) => type).toSorted(),
      webSocketRoutes.flatMap(({ routeKey, frame }) => (frame === undefined ? [] : [routeKey])).toSorted(),
    );
    for (const { type, text } of examples) {
      assert.equal((JSON.parse(text) as { type: string }).type, type);
    }
    const options = elementsOf([socketForm(asyncApi)]).filter(({ tag }) => tag === 'option');
    assert.equal(options.length, examples.length);
  });

  test('shows what went and what came, with its time', () => {
    const html = htmlOf(frameLine('received', '{"type":"pong"}', new Date('2026-01-31T09:26:53.589Z')));
    assert.match(html, /data-way="received".*you got.*09:26:53\.589.*<pre tabindex="0">\{"type":"pong"\}/);
  });
});

suite('the documents', () => {
  const views = documentViews(api, asyncApi);
  const operations = operationsOf(api);
  const all = [...views, ...operations.flatMap(({ operation }) => operationContents(operation, api))];

  test('are shown in full, without a trace of what is missing', () => {
    assert.doesNotMatch(textOf(all), /undefined|\[object Object\]|NaN/);
    const ids = elementsOf(views).flatMap(({ attributes }) => attributes['id'] ?? []);
    assert.deepEqual(ids.length, new Set(ids).size, 'each id is there once');
    const expected = [
      ...operations.map(({ operation }) => operation.operationId),
      ...Object.keys(asyncApi.operations),
      ...errorsOf(api).map(({ status, code }) => `error-${status}-${code}`),
      'socket',
      ...new Set(
        [api, asyncApi]
          .flatMap(({ components }) => Object.keys(components.schemas))
          .map((name) => `schema-${name}`),
      ),
    ];
    assert.deepEqual(ids.toSorted(), expected.toSorted());
  });

  test('have no link that leads nowhere', () => {
    const ids = new Set(elementsOf(views).map(({ attributes }) => `#${attributes['id']}`));
    const links = elementsOf([...all, ...indexViews(api, asyncApi)]).flatMap(
      ({ attributes }) => attributes['href'] ?? [],
    );
    assert.ok(links.length > operations.length);
    assert.deepEqual(
      links.filter((link) => !ids.has(link)),
      [],
    );
  });

  test('say of an operation what it takes, and offer to try it', () => {
    const placed = operations.find(({ operation }) => operation.operationId === 'create-chat');
    assert.ok(placed !== undefined);
    const contents = operationContents(placed.operation, api);
    const text = textOf(contents);
    for (const part of ['Each pair of users has one direct chat', 'Body CreateChatBody', 'user_not_found']) {
      assert.ok(text.includes(part), part);
    }
    const body = elementsOf(contents).find(({ tag }) => tag === 'textarea');
    const { examples } = placed.operation.requestBody?.content['application/json'] ?? {};
    assert.deepEqual(JSON.parse(textOf(body)), examples?.['direct']?.value);
  });

  test('offer to try an operation ahead of what it answers', () => {
    const [placed] = operations;
    assert.ok(placed !== undefined);
    const text = textOf(operationContents(placed.operation, api));
    assert.ok(text.indexOf('Try it') > 0 && text.indexOf('Try it') < text.indexOf('Answers'));
  });

  test('name the fields of a form as its request wants them', () => {
    const placed = operations.find(({ operation }) => operation.operationId === 'list-participants');
    assert.ok(placed !== undefined);
    const inputs = elementsOf(operationContents(placed.operation, api)).filter(({ tag }) => tag === 'input');
    assert.deepEqual(
      inputs.map(({ attributes }) => [
        attributes['name'],
        attributes['placeholder'],
        'required' in attributes,
      ]),
      [
        ['path.chat_id', '42', true],
        ['query.page', '1', false],
        ['query.limit', '20', false],
      ],
    );
  });

  test('show a frame with what answers it', () => {
    const frame = elementsOf(views).find(({ attributes }) => attributes['id'] === 'join-chat');
    const html = htmlOf(frame);
    assert.match(html, /<span class="method receive">you send<\/span><span class="path">join<\/span>/);
    assert.match(html, /Answered by <a href="#schema-ChatAck">ChatAck<\/a> or <a href="#schema-ErrorFrame">/);
  });
});

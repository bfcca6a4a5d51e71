import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { httpRoutes } from '../../../functions/contract/table.ts';
import { clientCodeOf, clientFunctions, curlOf } from '../../../functions/documents/page/copied-code.ts';
import { requestOf } from '../../../functions/documents/page/request.ts';
import { createApi } from '../../../lib/client/api/create-api.ts';
import { createChatClient } from '../../../lib/client/index.ts';

const origin = 'http://127.0.0.1:8000';

suite('a request that is copied as curl', () => {
  test('is the request, whatever a shell makes of its signs', () => {
    const body = `{"content":"it's $HOME \`date\` \\"quoted\\" ! \\n"}`;
    const request = requestOf('post', '/api/v1/messages?q=a&b', { token: 'a.b', body });
    const command = curlOf(request, origin).replace(/^curl/, String.raw`printf '%s\n'`);
    const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trimEnd().split('\n');
    assert.deepEqual(words, [
      '-X',
      'POST',
      `${origin}/api/v1/messages?q=a&b`,
      '-H',
      'content-type: application/json',
      '-H',
      'authorization: Bearer a.b',
      '--data-raw',
      body,
    ]);
  });
});

suite('a request that is copied as the client’s code', () => {
  const codeOf = (operationId: string, values: readonly [string, string][], body?: unknown): string => {
    const request = requestOf('get', '/api/v1/x', { token: undefined, body: undefined });
    return clientCodeOf(operationId, { request, origin, values: new Map(values), body });
  };
  const callIn = (code: string): string =>
    code
      .split('\n')
      .slice(code.includes('const api') ? 5 : 3)
      .join('\n');

  test('calls functions that the client has, with as many arguments as they take', () => {
    const client = createChatClient({ baseUrl: `${origin}/api/v1` });
    const api = createApi(client);
    for (const [operationId, [name, ...takes]] of Object.entries(clientFunctions)) {
      const called = name.startsWith('api.')
        ? (api as unknown as Record<string, unknown>)[name.slice('api.'.length)]
        : (client as unknown as Record<string, unknown>)[name];
      assert.ok(typeof called === 'function', `${operationId}: ${name}`);
      assert.ok(called.length <= takes.length, `${operationId}: ${name} takes ${called.length}`);
      const route = httpRoutes.find(({ id }) => id === operationId);
      for (const place of takes) {
        if (place.startsWith('path.')) assert.ok(route?.path.includes(`{${place.slice(5)}}`), operationId);
      }
    }
  });

  test('has the values that were filled in, numbers as numbers', () => {
    const rename = codeOf('update-chat', [['path.chat_id', '42']], { name: "Ada's" });
    assert.equal(
      rename,
      [
        "import { createApi } from 'chat-service/api';",
        "import { createChatClient } from 'chat-service/client';",
        '',
        'const client = createChatClient({ baseUrl: "http://127.0.0.1:8000/api/v1" });',
        'const api = createApi(client);',
        'await api.updateChat(42, {',
        `  "name": "Ada's"`,
        '});',
      ].join('\n'),
    );
    assert.equal(
      callIn(
        codeOf('list-messages', [
          ['path.chat_id', '42'],
          ['query.before_seq', '9'],
          ['query.limit', ''],
        ]),
      ),
      'await api.listMessages(42, {\n  "before_seq": 9\n});',
    );
    assert.equal(callIn(codeOf('send-message', [], { chat_id: 1, content: 'Hi' })), 'client.send(1, "Hi");');
    const reply = codeOf('send-message', [], {
      chat_id: 1,
      content: 'Hi',
      reply_to_id: 9,
      mention_all: true,
    });
    assert.equal(callIn(reply), 'client.send(1, "Hi", {\n  "reply_to_id": 9,\n  "mention_all": true\n});');
  });

  test('leaves out what nobody filled in', () => {
    assert.equal(callIn(codeOf('list-chats', [['query.page', '']])), 'await api.listChats();');
    assert.equal(callIn(codeOf('search-users', [['query.q', 'ada']])), 'await api.searchUsers("ada");');
  });

  test('is a fetch where the client does it by itself', () => {
    assert.equal(
      codeOf('get-stats', []),
      'const response = await fetch("http://127.0.0.1:8000/api/v1/x", {\n  "method": "GET",\n  "headers": {}\n});',
    );
  });
});

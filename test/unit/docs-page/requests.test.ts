import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Parameter } from '../../../functions/documents/page/document.ts';
import { addressOf, bodyOf, requestOf, textField } from '../../../functions/documents/page/request.ts';

const parameter = (name: string, place: 'path' | 'query'): Parameter => ({
  name,
  in: place,
  required: place === 'path',
  schema: { type: 'string' },
});

suite('a request that the docs page builds', () => {
  test('has its parameters in the path and the query', () => {
    const parameters = [parameter('chat_id', 'path'), parameter('page', 'query'), parameter('q', 'query')];
    const values = new Map([
      ['path.chat_id', '42'],
      ['query.page', ''],
      ['query.q', 'a&b=ä'],
      ['body', 'not a parameter'],
    ]);
    assert.equal(addressOf('/chats/{chat_id}/x', parameters, values), '/chats/42/x?q=a%26b%3D%C3%A4');
  });

  test('cannot leave its path', () => {
    const values = new Map([['path.id', '../../$&?#']]);
    assert.equal(addressOf('/a/{id}', [parameter('id', 'path')], values), '/a/..%2F..%2F%24%26%3F%23');
  });

  test('has a parameter that nobody filled in as an empty one', () => {
    const parameters = [parameter('id', 'path'), parameter('q', 'query')];
    assert.equal(addressOf('/a/{id}', parameters, new Map()), '/a/');
  });

  test('carries a token and a body when there are any', () => {
    assert.deepEqual(requestOf('post', '/a', { token: 't', body: '{}' }), {
      address: '/a',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
      body: '{}',
    });
    assert.deepEqual(requestOf('get', '/a', { token: undefined, body: undefined }), {
      address: '/a',
      method: 'GET',
      headers: {},
    });
  });
});

suite('a body that the docs page reads', () => {
  test('is parsed when it is JSON, kept when it is not, and none when it is empty', () => {
    assert.deepEqual(bodyOf('{"a":[1]}'), { a: [1] });
    assert.equal(bodyOf('<!doctype html>'), '<!doctype html>');
    assert.equal(bodyOf(''), undefined);
  });

  test('has a field when that is a text', () => {
    assert.equal(textField({ access_token: 'x' }, 'access_token'), 'x');
    for (const body of [undefined, null, 'access_token', 1, {}, { access_token: 1 }, []]) {
      assert.equal(textField(body, 'access_token'), undefined);
    }
  });
});

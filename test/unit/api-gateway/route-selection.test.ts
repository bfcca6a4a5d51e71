import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeSelection } from '../../../lib/local/api-gateway/websocket/route-selection.ts';

const selection = (expression: string, ...routeKeys: string[]) => {
  const routes = routeKeys.map((routeKey) => ({
    routeKey,
    functionName: 'f',
    routeResponse: false,
    timeoutMs: 1,
  }));
  const select = routeSelection(expression, routes);
  return (body: string) => select(body)?.routeKey;
};

test('by the value of a field', () => {
  const select = selection('$request.body.type', 'message', 'ping', '$default', '$connect');
  assert.equal(select('{"type":"message","chat_id":1}'), 'message');
  assert.equal(select('{"type":"ping"}'), 'ping');
});

test('whatever fits no route goes to $default', () => {
  const select = selection('$request.body.type', 'message', '$default', '$connect', '$disconnect');
  const others = [
    'not json',
    '',
    '[]',
    'null',
    '1',
    '{"type":"other"}',
    '{"type":7}',
    '{"type":null}',
    '{"type":"$connect"}',
    '{"type":"$disconnect"}',
    '{"type":"$default"}',
    '{"type":"constructor"}',
    '{"other":"message"}',
  ];
  for (const body of others) assert.equal(select(body), '$default', body);
});

test('to nothing when there is no $default', () => {
  const select = selection('$request.body.type', 'message', '$connect');
  assert.equal(select('{"type":"other"}'), undefined);
  assert.equal(select('{"type":"$connect"}'), undefined);
});

test('deeper paths and braces', () => {
  assert.equal(selection('$request.body.service.do', 'echo')('{"service":{"do":"echo"}}'), 'echo');
  assert.equal(selection('${request.body.action}', 'echo')('{"action":"echo"}'), 'echo');
  assert.throws(() => selection('$request.header.x', 'echo'), TypeError);
});

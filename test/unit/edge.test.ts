import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { originOf } from '../../functions/transport/edge.ts';

const [now, before] = ['n'.repeat(48), 'b'.repeat(48)];

const requestWith = (headers: Readonly<Record<string, string>>) =>
  ({
    headers,
    requestContext: { http: { sourceIp: '203.0.113.1' } },
  }) as unknown as APIGatewayProxyEventV2;

test('without CloudFront in front, nobody needs a secret and nobody’s word counts', () => {
  const request = requestWith({ 'x-viewer-address': '198.51.100.7' });
  assert.deepEqual(originOf(request, undefined), { refused: false, address: '203.0.113.1' });
});

test('behind CloudFront the secret lets in, that of the deployment before as well', () => {
  for (const secret of [now, before]) {
    const request = requestWith({ 'x-origin-secret': secret, 'x-viewer-address': '2001:db8::7' });
    assert.deepEqual(originOf(request, [now, before]), { refused: false, address: '2001:db8::7' });
  }
});

test('who comes past CloudFront is refused, whatever they say', () => {
  const guesses: readonly Readonly<Record<string, string>>[] = [
    {},
    { 'x-origin-secret': '' },
    { 'x-origin-secret': now.slice(1) },
    { 'x-origin-secret': `${now}n` },
    { 'x-origin-secret': `${now},${before}` },
    { 'x-origin-secret': 'constructor' },
    { 'x-viewer-address': '198.51.100.7', 'x-forwarded-for': '198.51.100.7' },
  ];
  for (const headers of guesses) {
    const origin = originOf(requestWith(headers), [now, before]);
    assert.ok(origin.refused, JSON.stringify(headers));
    assert.equal(origin.answer.statusCode, 403);
  }
});

import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { suite, test } from 'node:test';
import { createFileUrls } from '../../functions/gateways/file-urls.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const at = (time: string) => createUrls(() => new Date(time));
const createUrls = (clock: () => Date) =>
  createFileUrls(
    'https://d111111abcdef8.cloudfront.net',
    async () => ({ id: 'K2JCJMDEHXQW5F', privateKey }),
    clock,
  );

suite('the URL of a file', () => {
  test('is signed by CloudFront’s canned policy, with SHA-256', async () => {
    const { url, expiresAt } = await at('2026-11-26T21:49:24Z').sign('f/0b1c');
    const { origin, pathname, searchParams } = new URL(url);
    assert.equal(origin + pathname, 'https://d111111abcdef8.cloudfront.net/f/0b1c');
    assert.equal(searchParams.get('Key-Pair-Id'), 'K2JCJMDEHXQW5F');
    assert.equal(searchParams.get('Hash-Algorithm'), 'SHA256');
    assert.equal(Number(searchParams.get('Expires')) * 1000, expiresAt.getTime());
    const signature = searchParams.get('Signature') ?? '';
    assert.match(signature, /^[A-Za-z0-9\-_~]+$/);
    const policy = `{"Statement":[{"Resource":"${origin}${pathname}","Condition":{"DateLessThan":{"AWS:EpochTime":${searchParams.get('Expires')}}}}]}`;
    const bytes = Buffer.from(
      signature.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'),
      'base64',
    );
    assert.ok(verify('sha256', Buffer.from(policy), publicKey, bytes));
    assert.ok(!verify('sha256', Buffer.from(policy.replace('f/0b1c', 'f/0b1d')), publicKey, bytes));
  });

  test('is the same for all readers of an hour, in whatever function, and works for 60 to 120 minutes', async () => {
    const first = await at('2026-11-26T21:00:00Z').sign('t/1');
    assert.deepEqual(await at('2026-11-26T21:59:59Z').sign('t/1'), first);
    assert.equal(first.expiresAt.toISOString(), '2026-11-26T23:00:00.000Z');
    const next = await at('2026-11-26T22:00:00Z').sign('t/1');
    assert.equal(next.expiresAt.toISOString(), '2026-11-27T00:00:00.000Z');
    assert.notEqual(next.url, first.url);
  });

  test('is signed once an hour, and anew in the next', async () => {
    let now = new Date('2026-11-26T21:00:00Z');
    let reads = 0;
    const urls = createFileUrls(
      'https://files.example.org',
      async () => {
        reads += 1;
        return { id: 'K', privateKey };
      },
      () => now,
    );
    const first = await urls.sign('f/1');
    assert.deepEqual(await urls.sign('f/1'), first);
    assert.notEqual((await urls.sign('f/2')).url, first.url);
    assert.equal(reads, 2);
    now = new Date('2026-11-26T22:00:00Z');
    assert.notDeepEqual(await urls.sign('f/1'), first);
    assert.equal(reads, 3);
  });
});

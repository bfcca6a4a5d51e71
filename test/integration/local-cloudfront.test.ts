import assert from 'node:assert/strict';
import { createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { createFileUrls } from '../../functions/gateways/file-urls.ts';
import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { loadAssembly } from '../../lib/local/assembly/assembly.ts';
import { physicalResources } from '../../lib/local/assembly/physical-resources.ts';
import { createResolver } from '../../lib/local/assembly/resolver.ts';
import { distributionsOf, evaluatedResources } from '../../lib/local/cloudfront/distributions.ts';
import { fileSiteOf, startFileServer, type FileServer } from '../../lib/local/cloudfront/file-server.ts';
import { openObjectStore } from '../../lib/local/s3/object-store.ts';
import { FilesStack } from '../../lib/stacks/files-stack.ts';

const directory = mkdtempSync(join(tmpdir(), 'local-cloudfront-'));
const names = {
  account: '123456789012',
  region: 'eu-central-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
} as const;
const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
/** The key pairs by the secrets that the template refers to: two, since the stage has rotated once. */
const pairs = new Map([2, 1].map((generation) => [`chat-service/local/keys/files/${generation}`, pair()]));
const [current, before_] = [...pairs.values()].map(({ privateKey }) => createPrivateKey(privateKey));

let now = new Date('2026-11-26T21:49:24Z');
let server: FileServer;
let origin = '';
let keyIds: string[] = [];
const lines: string[] = [];
const store = openObjectStore(join(directory, 'bucket'), (line) => lines.push(line));

before(async () => {
  const app = new App({ outdir: join(directory, 'cdk.out'), builtinCloudFormationValidation: false });
  const config = parseStageConfig('local', { ...stageConfig('local'), files: { keyGeneration: 2 } });
  new FilesStack(app, 'files', { config, env: { region: names.region } });
  app.synth();
  const assembly = loadAssembly(join(directory, 'cdk.out'));
  const resolver = createResolver(assembly, { ...names, physical: physicalResources(names) });
  keyIds = evaluatedResources<object>(assembly, resolver, 'AWS::CloudFront::PublicKey').map(({ ref }) => ref);
  const [distribution] = distributionsOf(assembly, resolver);
  assert.ok(distribution);
  server = await startFileServer({
    host: '127.0.0.1',
    originOf: (port) => `http://127.0.0.1:${port}`,
    log: (line) => lines.push(line),
    clock: () => now,
  });
  origin = `http://127.0.0.1:${server.port}`;
  server.serve(
    fileSiteOf(assembly, resolver, distribution, (reference) => {
      const name = /^\{\{resolve:secretsmanager:(.+):SecretString:public_key::\}\}$/.exec(reference)?.[1];
      return pairs.get(name ?? '')?.publicKey ?? assert.fail(reference);
    }),
    store,
  );
  for (const key of ['f/1', 't/1', 'a/1', 'u/1', 'd/1']) {
    const received = await store.receive(Readable.from([Buffer.from('0123456789')]), 100);
    await received.keep(key, {
      'content-type': 'image/webp',
      'content-disposition': 'inline',
      'cache-control': 'no-cache',
    });
  }
});
after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const signed = async (key: `f/${string}` | `t/${string}`, generation: 0 | 1 = 0): Promise<string> => {
  const privateKey = generation === 0 ? current : before_;
  assert.ok(privateKey);
  const urls = createFileUrls(
    origin,
    async () => ({ id: keyIds[generation] ?? '', privateKey }),
    () => now,
  );
  return (await urls.sign(key)).url;
};
const get = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};

suite('signed URLs', () => {
  test('open files and thumbnails, by the key that signs and by the one before', async () => {
    for (const url of [await signed('f/1'), await signed('t/1'), await signed('f/1', 1)]) {
      const { status, text } = await get(url);
      assert.deepEqual([status, text], [200, '0123456789']);
    }
  });

  test('open nothing without their signature, with any change, or once they ran out', async () => {
    const url = await signed('f/1');
    const changed = (name: string, value?: string): string => {
      const other = new URL(url);
      if (value === undefined) other.searchParams.delete(name);
      else other.searchParams.set(name, value);
      return other.href;
    };
    const expires = Number(new URL(url).searchParams.get('Expires'));
    const signature = new URL(url).searchParams.get('Signature') ?? '';
    const wrong: Record<string, string> = {
      'no query': `${origin}/f/1`,
      'another object': url.replace('/f/1', '/t/1'),
      'a longer life': changed('Expires', String(expires + 3600)),
      'no expiry': changed('Expires'),
      'no signature': changed('Signature'),
      'another signature': changed(
        'Signature',
        signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
      ),
      'no key': changed('Key-Pair-Id'),
      'an unknown key': changed('Key-Pair-Id', 'K0'),
      'the other key': changed('Key-Pair-Id', keyIds[1]),
      'another algorithm': changed('Hash-Algorithm'),
      'a policy beside it': changed('Policy', 'e30_'),
      'one parameter more': changed('download', '1'),
      'a second expiry': `${url}&Expires=${expires + 3600}`,
    };
    for (const [name, other] of Object.entries(wrong)) assert.equal((await get(other)).status, 403, name);
    now = new Date(expires * 1000 - 1);
    assert.equal((await get(url)).status, 200);
    now = new Date(expires * 1000);
    assert.equal((await get(url)).status, 403);
    now = new Date('2026-11-26T21:49:24Z');
  });

  test('with SHA-1, CloudFront’s default, are taken too', async () => {
    const expires = Math.floor(now.getTime() / 1000) + 60;
    const policy = `{"Statement":[{"Resource":"${origin}/f/1","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
    assert.ok(current);
    const signature = createSign('sha1').update(policy).sign(current, 'base64');
    const safe = signature.replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
    const { status } = await get(
      `${origin}/f/1?Expires=${expires}&Signature=${safe}&Key-Pair-Id=${keyIds[0]}`,
    );
    assert.equal(status, 200);
  });
});

suite('what CloudFront serves', () => {
  test('comes with the headers of the templates, over those of the object', async () => {
    const { headers } = await get(await signed('f/1'));
    assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'");
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('content-type'), 'image/webp');
    assert.equal(headers.get('content-disposition'), 'inline');
    assert.equal(headers.get('cache-control'), 'private, max-age=7200, immutable');
    const refused = await get(`${origin}/f/1`);
    assert.equal(refused.headers.get('x-content-type-options'), 'nosniff');
  });

  test('are avatars to everybody, and uploads to nobody, signed or not', async () => {
    const avatar = await get(`${origin}/a/1`);
    assert.deepEqual([avatar.status, avatar.text], [200, '0123456789']);
    assert.equal(avatar.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    for (const path of ['u/1', 'd/1', '', 'a/none', 'a/../f/1', 'a%2F..%2Ff%2F1']) {
      assert.equal((await get(`${origin}/${path}`)).status, 403, path);
      const url = await signed(path as 'f/1');
      if (!path.startsWith('a')) assert.equal((await get(url)).status, 403, `signed ${path}`);
    }
    assert.equal((await get(`${origin}/a/1`, { method: 'PUT', body: 'x' })).status, 403);
    assert.equal((await get(`${origin}/a/%E0%A4%A`)).status, 400);
  });

  test('is sent in ranges, for films that are wound on', async () => {
    const url = await signed('f/1');
    const range = (value: string, more: Record<string, string> = {}) =>
      get(url, { headers: { range: value, ...more } });
    for (const [value, expected, contentRange] of [
      ['bytes=0-3', '0123', 'bytes 0-3/10'],
      ['bytes=4-', '456789', 'bytes 4-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      const { status, text, headers } = await range(value);
      assert.deepEqual([status, text, headers.get('content-range')], [206, expected, contentRange], value);
      assert.equal(headers.get('content-length'), String(expected.length));
    }
    for (const whole of ['bytes=0-1,4-5', 'bytes=5-2', 'lines=1-2', 'bytes=-']) {
      assert.deepEqual([(await range(whole)).status, (await range(whole)).text], [200, '0123456789'], whole);
    }
    const beyond = await range('bytes=10-');
    assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */10']);
    const { headers } = await get(url);
    const etag = headers.get('etag') ?? '';
    assert.equal((await range('bytes=0-3', { 'if-range': etag })).status, 206);
    assert.equal((await range('bytes=0-3', { 'if-range': '"other"' })).status, 200);
  });

  test('is not sent again to who has it', async () => {
    const url = await signed('f/1');
    const { headers } = await get(url);
    const etag = headers.get('etag') ?? '';
    const again = async (condition: Record<string, string>) =>
      (await get(url, { headers: condition })).status;
    assert.equal(await again({ 'if-none-match': etag }), 304);
    assert.equal(await again({ 'if-none-match': `"other", W/${etag}` }), 304);
    assert.equal(await again({ 'if-none-match': '"other"' }), 200);
    assert.equal(await again({ 'if-modified-since': headers.get('last-modified') ?? '' }), 304);
    const head = await get(url, { method: 'HEAD' });
    assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '10']);
    assert.deepEqual(lines, []);
  });
});

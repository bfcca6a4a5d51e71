import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { bucketSigner, createObjectRequests, type Bucket } from '../../functions/gateways/object-requests.ts';
import { createObjectStorage } from '../../functions/gateways/object-storage.ts';
import { createUploadForms } from '../../functions/gateways/upload-form.ts';
import type { Principals } from '../../lib/local/iam/role-policies.ts';
import { startS3, type LocalS3 } from '../../lib/local/s3/s3-server.ts';
import { checkPostPolicy } from '../../lib/local/s3/post-policy.ts';
import { verifyPolicySignature, verifyRequestSignature } from '../../lib/local/s3/signature.ts';
import { awsExamples } from '../support/aws-signature-examples.ts';
import { multipart, uploadCases, type Part } from '../support/hostile-uploads.ts';

const NAME = 'files';
const ARN = `arn:aws:s3:::${NAME}`;
const REGION = 'eu-central-1';
const SECRET = 'a-secret';
const PAGE = 'https://chat.example.org';

const allow = (action: string, resource: string) => ({ Effect: 'Allow', Action: action, Resource: resource });
const principals: Principals = new Map([
  ['UPLOADS', { functionName: 'makes-forms', statements: [allow('s3:PutObject', `${ARN}/u/*`)] }],
  ['DECODES', { functionName: 'decodes', statements: [allow('s3:GetObject', `${ARN}/u/*`)] }],
  [
    'TAKES-IN',
    {
      functionName: 'takes-in',
      statements: [allow('s3:GetObject', `${ARN}/u/*`), allow('s3:ListBucket', ARN)],
    },
  ],
]);

const dataDirectory = mkdtempSync(join(tmpdir(), 'local-s3-'));
const contents = join(dataDirectory, NAME, 'contents');
const lines: string[] = [];
const start = (): Promise<LocalS3> =>
  startS3({
    dataDirectory,
    buckets: [{ name: NAME, arn: ARN, cors: { allowOrigins: [PAGE], allowMethods: ['POST'] } }],
    region: REGION,
    host: '127.0.0.1',
    principals,
    secretAccessKey: SECRET,
    log: (line) => lines.push(line),
  });
let s3: LocalS3;
before(async () => {
  s3 = await start();
});
after(async () => {
  await s3.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const bucketOf = (accessKeyId = 'local', secretAccessKey = SECRET): Bucket => ({
  name: NAME,
  region: REGION,
  endpoint: `http://127.0.0.1:${s3.port}`,
  credentials: async () => ({ accessKeyId, secretAccessKey }),
});
const storage = (accessKeyId?: string) => createObjectStorage(bucketOf(accessKeyId));
const served = { contentType: 'image/webp', contentDisposition: 'inline' };
const form = (key: `u/${string}`, bytes: number, accessKeyId?: string) =>
  createUploadForms(bucketOf(accessKeyId), () => new Date())({ key, contentType: 'image/jpeg', bytes });

const post = async (parts: readonly Part[], headers: Record<string, string> = {}): Promise<Response> => {
  const { contentType, body } = multipart(parts);
  return fetch(`http://127.0.0.1:${s3.port}/${NAME}`, {
    method: 'POST',
    headers: { 'content-type': contentType, ...headers },
    body,
  });
};

/** Waits until a condition holds; the test's own timeout limits the wait. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(5);
};

suite('AWS’s published examples', () => {
  const secretOf = (id: string) => (id === awsExamples.accessKeyId ? awsExamples.secretAccessKey : undefined);

  test('of a form pass, and fail with one character changed', () => {
    const { policy, signature, region, bucket } = awsExamples.form;
    const fields = new Map([
      ['key', 'user/user1/photo.jpg'],
      ['acl', 'public-read'],
      ['success_action_redirect', 'http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html'],
      ['content-type', 'image/jpeg'],
      ['x-amz-meta-uuid', '14365123651274'],
      ['x-amz-meta-tag', ''],
      ['x-amz-server-side-encryption', 'AES256'],
      ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
      ['x-amz-credential', `${awsExamples.accessKeyId}/20151229/us-east-1/s3/aws4_request`],
      ['x-amz-date', '20151229T000000Z'],
      ['policy', policy],
      ['x-amz-signature', signature],
    ]);
    assert.equal(verifyPolicySignature(fields, region, secretOf), awsExamples.accessKeyId);
    const inTime = new Date('2015-12-30T11:59:59Z');
    assert.equal(checkPostPolicy(fields, bucket, inTime).key, 'user/user1/photo.jpg');
    for (const [name, value] of [
      ['key', 'user/user2/photo.jpg'],
      ['acl', 'private'],
      ['content-type', 'text/html'],
      ['x-amz-meta-uuid', '1'],
    ] as const) {
      const changed = new Map([...fields, [name, value]]);
      assert.throws(() => checkPostPolicy(changed, bucket, inTime), { code: 'AccessDenied' }, name);
    }
    assert.throws(() => checkPostPolicy(fields, bucket, new Date('2015-12-30T12:00:00Z')), /expired/);
    const forged = new Map([...fields, ['policy', `${policy.slice(0, -4)}IH0=`]]);
    assert.throws(() => verifyPolicySignature(forged, region, secretOf), { code: 'SignatureDoesNotMatch' });
  });

  test('of a request pass, and fail with another path, header or time', () => {
    const { headers, path, date, authorization } = awsExamples.request;
    const verify = (url: string, changed: object = {}, now: Date = date) =>
      verifyRequestSignature(
        { method: 'GET', url, headers: { ...headers, authorization, ...changed } },
        'us-east-1',
        secretOf,
        now,
      );
    assert.equal(verify(path).accessKeyId, awsExamples.accessKeyId);
    assert.throws(() => verify('/other.txt'), { code: 'SignatureDoesNotMatch' });
    assert.throws(() => verify(`${path}?acl`), { code: 'SignatureDoesNotMatch' });
    assert.throws(() => verify(path, { range: 'bytes=0-99' }), { code: 'SignatureDoesNotMatch' });
    assert.throws(() => verify(path, { 'x-amz-acl': 'public-read' }), { code: 'AccessDenied' });
    assert.throws(() => verify(path, {}, new Date('2013-05-24T00:16:00Z')), { code: 'RequestTimeTooSkewed' });
  });
});

suite('uploads by a form', () => {
  test('are held to every word of it', async () => {
    const upload = { key: 'u/hostile', contentType: 'image/jpeg', bytes: 3000 } as const;
    const wrong: string[] = [];
    for (const { name, parts, expected } of await uploadCases(bucketOf(), SECRET, upload)) {
      await storage().remove([upload.key]);
      const response = await post(parts);
      const answer = await response.text();
      if (!expected.includes(response.status)) wrong.push(`${name}: ${response.status} ${answer}`);
      if (response.status !== 204) assert.match(answer, /^<\?xml .*<Error><Code>\w+<\/Code>/s, name);
      const stored = await storage().find(upload.key);
      assert.equal(stored !== undefined, response.status === 204, name);
      if (stored !== undefined) assert.deepEqual([stored.bytes, stored.contentType], [3000, 'image/jpeg']);
    }
    assert.deepEqual(wrong, []);
    await storage().remove([upload.key]);
    assert.deepEqual(readdirSync(contents), [], 'nothing is left of what was refused');
    assert.deepEqual(lines, []);
  });

  test('can do what the signer may, and no more', async () => {
    const { fields } = await form('u/by-role', 4, 'UPLOADS');
    assert.equal((await post([...Object.entries(fields), ['file', Buffer.from('abcd')]])).status, 204);
    const { fields: decoder } = await form('u/by-role', 4, 'DECODES');
    const refused = await post([...Object.entries(decoder), ['file', Buffer.from('abcd')]]);
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /decodes is not authorized to perform: s3:PutObject/);
  });

  test('are no forms of another kind, nor half ones', async () => {
    const url = `http://127.0.0.1:${s3.port}/${NAME}`;
    const plain = await fetch(url, { method: 'POST', body: new URLSearchParams({ key: 'u/1' }) });
    assert.equal(plain.status, 412);
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const half = await fetch(url, { method: 'POST', headers, body: '--b\r\nContent-Disposition: form-' });
    assert.equal(half.status, 400);
  });

  test('are written as they arrive, and leave nothing when the client goes away', async () => {
    const bytes = 25 * 1024 * 1024;
    const { fields } = await form('u/large', bytes);
    const { contentType, body } = multipart([...Object.entries(fields), ['file', Buffer.alloc(bytes)]]);
    const begin = () => {
      const request = httpRequest({
        port: s3.port,
        path: `/${NAME}`,
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': body.length },
      });
      request.on('error', () => undefined);
      request.write(body.subarray(0, 2 * 1024 * 1024));
      return request;
    };
    const earlier = new Set(readdirSync(contents));
    const arriving = () => readdirSync(contents).filter((file) => !earlier.has(file));
    const onDisk = () => arriving().some((file) => statSync(join(contents, file)).size > 1024 * 1024);

    const given = begin();
    await until(onDisk);
    given.destroy();
    await until(() => arriving().length === 0);
    assert.equal(await storage().find('u/large'), undefined);

    const finished = begin();
    await until(onDisk);
    finished.end(body.subarray(2 * 1024 * 1024));
    const [response] = (await once(finished, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    assert.equal(response.statusCode, 204);
    assert.equal((await storage().find('u/large'))?.bytes, bytes);
    await storage().remove(['u/large']);
  });

  test('from a page are answered for pages of the stage alone, refusals too', async () => {
    const preflight = (origin: string, method = 'POST') =>
      fetch(`http://127.0.0.1:${s3.port}/${NAME}`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method },
      });
    const allowed = await preflight(PAGE);
    assert.equal(allowed.status, 200);
    assert.equal(allowed.headers.get('access-control-allow-origin'), PAGE);
    for (const refused of [await preflight('https://evil.example'), await preflight(PAGE, 'DELETE')]) {
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get('access-control-allow-origin'), null);
    }
    const { fields } = await form('u/from-page', 4);
    const parts: Part[] = [...Object.entries(fields), ['file', Buffer.from('abcd')]];
    assert.equal((await post(parts, { origin: PAGE })).headers.get('access-control-allow-origin'), PAGE);
    const tooShort = await post([...Object.entries(fields), ['file', Buffer.from('a')]], { origin: PAGE });
    assert.deepEqual([tooShort.status, tooShort.headers.get('access-control-allow-origin')], [400, PAGE]);
    const strange = await post(parts, { origin: 'https://evil.example' });
    assert.equal(strange.headers.get('access-control-allow-origin'), null);
  });
});

suite('objects', () => {
  test('are stored, found, read whole and in part, copied, listed and removed', async () => {
    const objects = storage();
    await objects.put('f/1', Buffer.from('0123456789'), served);
    const found = await objects.find('f/1');
    assert.deepEqual(found, {
      bytes: 10,
      contentType: 'image/webp',
      etag: '"781e5e245d69b566979b86e28d23f2c7"',
    });
    const text = async (...parameters: Parameters<typeof objects.read>) =>
      Buffer.from((await objects.read(...parameters)) ?? []).toString();
    assert.equal(await text('f/1'), '0123456789');
    assert.equal(await text('f/1', { bytes: 4 }), '0123');
    assert.equal(await text('f/1', { bytes: 4100, etag: found.etag }), '0123456789');
    assert.equal(await objects.read('f/1', { etag: '"other"' }), undefined);
    assert.equal(await objects.read('f/none'), undefined);

    const pdf = { contentType: 'application/pdf', contentDisposition: 'attachment; filename="a.pdf"' };
    assert.equal(await objects.copy('f/1', 'f/2', pdf, found.etag), true);
    assert.equal((await objects.find('f/2'))?.contentType, 'application/pdf');
    assert.equal(await objects.copy('f/1', 'f/3', pdf, '"other"'), false);
    assert.equal(await objects.copy('f/none', 'f/3', pdf, found.etag), false);

    await objects.put('f/1', Buffer.from('new'), served);
    assert.equal(await text('f/1'), 'new');
    assert.equal(await text('f/2'), '0123456789');

    await objects.remove(['f/1', 'f/2', 'f/none']);
    for (const key of ['f/1', 'f/2'] as const) assert.equal(await objects.find(key), undefined);
  });

  test('are within reach of those whose role reaches them, and absence is told to whoever may list', async () => {
    await storage().put('u/1', Buffer.from('x'), served);
    await storage().put('f/9', Buffer.from('x'), served);
    assert.notEqual(await storage('DECODES').read('u/1'), undefined);
    for (const refused of [
      () => storage('DECODES').read('f/9'),
      () => storage('DECODES').read('u/none'),
      () => storage('DECODES').put('u/1', Buffer.from('y'), served),
      () => storage('TAKES-IN').remove(['u/1']),
      () => storage('TAKES-IN').copy('u/1', 'f/1', served, '"e"'),
      () => storage('UPLOADS').read('u/1'),
    ]) {
      await assert.rejects(refused, { status: 403 });
    }
    assert.equal(await storage('TAKES-IN').find('u/none'), undefined);
    await storage().remove(['u/1', 'f/9']);
  });

  test('are refused to a wrong secret, and with another body than was signed', async () => {
    await assert.rejects(createObjectStorage(bucketOf('local', 'wrong')).read('u/1'), {
      code: 'SignatureDoesNotMatch',
    });
    await assert.rejects(createObjectStorage(bucketOf('nobody')).read('u/1'), { code: 'InvalidAccessKeyId' });
    const path = `/${NAME}/u/%E0%A4%A`;
    const { headers } = await bucketSigner(bucketOf()).sign({
      method: 'GET',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      headers: { host: `127.0.0.1:${s3.port}` },
    });
    delete headers['host'];
    const unreadable = await fetch(`http://127.0.0.1:${s3.port}${path}`, { headers });
    assert.equal(unreadable.status, 400);
    assert.match(await unreadable.text(), /InvalidURI/);
    const anonymous = await fetch(`http://127.0.0.1:${s3.port}/${NAME}/u/1`);
    assert.equal(anonymous.status, 403);
    await anonymous.body?.cancel();
    const put = createObjectRequests(bucketOf())({
      method: 'PUT',
      key: 'u/2',
      // The signer takes a hash that is given.
      headers: { 'x-amz-content-sha256': '0'.repeat(64) },
      body: Buffer.from('x'),
    });
    await assert.rejects(put, { code: 'XAmzContentSHA256Mismatch' });
    assert.equal(await storage().find('u/2'), undefined);
  });

  test('survive a restart, and what was never finished does not', async () => {
    await storage().put('f/kept', Buffer.from('kept'), served);
    await s3.stop();
    writeFileSync(join(contents, 'left-by-a-crash'), 'half');
    writeFileSync(join(dataDirectory, NAME, 'objects', 'f%2Fhalf.json'), '{"key":');
    s3 = await start();
    assert.equal(Buffer.from((await storage().read('f/kept')) ?? []).toString(), 'kept');
    assert.equal((await storage().find('f/kept'))?.contentType, 'image/webp');
    assert.ok(!readdirSync(contents).includes('left-by-a-crash'));
    assert.ok(lines.some((line) => /dropped f%2Fhalf\.json/.test(line)));
    assert.ok(!readdirSync(join(dataDirectory, NAME, 'objects')).includes('f%2Fhalf.json'));
  });
});

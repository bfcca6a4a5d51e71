import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, beforeEach, suite, test } from 'node:test';
import { createObjectStorage } from '../../functions/gateways/object-storage.ts';
import {
  bucketSigner,
  type Bucket,
  type ObjectStorageError,
} from '../../functions/gateways/object-requests.ts';
import { createUploadForms } from '../../functions/gateways/upload-form.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { closeNow, listen } from '../../lib/local/listening.ts';
import { awsExamples } from '../support/aws-signature-examples.ts';

const { accessKeyId, secretAccessKey } = awsExamples;
const exampleBucket: Bucket = {
  name: 'examplebucket',
  region: 'us-east-1',
  credentials: async () => ({ accessKeyId, secretAccessKey }),
};

suite('signatures are those that AWS publishes', () => {
  test('of a form’s policy', async () => {
    const { policy, signature, date } = awsExamples.form;
    assert.equal(await bucketSigner(exampleBucket).sign(policy, { signingDate: date }), signature);
  });

  test('of a request for a range of an object', async () => {
    const { headers, path, host, date, authorization } = awsExamples.request;
    const { headers: signed } = await bucketSigner(exampleBucket).sign(
      { method: 'GET', protocol: 'https:', hostname: host, path, query: {}, headers },
      { signingDate: date },
    );
    assert.equal(signed['authorization']?.replaceAll(' ', ''), authorization.replaceAll(' ', ''));
  });
});

suite('a form for an upload', () => {
  const now = new Date('2026-11-26T21:49:24.123Z');
  const upload = { key: 'u/0b1c', contentType: 'image/jpeg', bytes: 1234 } as const;
  const formBy = (sessionToken?: string) =>
    createUploadForms(
      {
        ...exampleBucket,
        credentials: async () => ({
          accessKeyId,
          secretAccessKey,
          ...(sessionToken === undefined ? {} : { sessionToken }),
        }),
      },
      () => now,
    )(upload);

  test('fixes key, type and size, for fifteen minutes, and leaves nothing open', async () => {
    const { url, fields, expiresAt } = await formBy('the-session');
    assert.equal(url, 'https://examplebucket.s3.us-east-1.amazonaws.com');
    assert.equal(expiresAt.toISOString(), '2026-11-26T22:04:24.123Z');
    const { policy = '', 'x-amz-signature': signature, ...others } = fields;
    assert.deepEqual(others, {
      key: 'u/0b1c',
      'Content-Type': 'image/jpeg',
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': `${accessKeyId}/20261126/us-east-1/s3/aws4_request`,
      'x-amz-date': '20261126T214924Z',
      'x-amz-security-token': 'the-session',
    });
    assert.deepEqual(JSON.parse(Buffer.from(policy, 'base64').toString()), {
      expiration: '2026-11-26T22:04:24.123Z',
      conditions: [
        { bucket: 'examplebucket' },
        ...Object.entries(others).map(([name, value]) => ({ [name]: value })),
        ['content-length-range', 1234, 1234],
      ],
    });
    let key = Buffer.from(`AWS4${secretAccessKey}`);
    for (const part of ['20261126', 'us-east-1', 's3', 'aws4_request']) {
      key = createHmac('sha256', key).update(part).digest();
    }
    assert.equal(signature, createHmac('sha256', key).update(policy).digest('hex'));
  });

  test('has no session where the signer has none', async () => {
    assert.ok(!('x-amz-security-token' in (await formBy()).fields));
  });
});

suite('objects in S3', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  let answers: Answer[] = [];
  let endpoint = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      (answers.shift() ?? ((_, last) => last.writeHead(200).end()))(request, response);
    });
  });
  const status =
    (code: number, body = ''): Answer =>
    (_, response) =>
      response.writeHead(code, { 'content-type': 'application/xml' }).end(body);
  const storage = () => createObjectStorage({ ...exampleBucket, endpoint });

  before(async () => {
    endpoint = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
  });
  beforeEach(() => {
    requests.length = 0;
    answers = [];
  });
  after(() => closeNow(server));

  test('are put as they are to be served, with their bytes signed', async () => {
    await storage().put('f/a b(c)', Buffer.from('bytes'), {
      contentType: 'image/webp',
      contentDisposition: 'inline',
    });
    const [request] = requests;
    assert.equal(request?.method, 'PUT');
    assert.equal(request.url, '/examplebucket/f/a%20b%28c%29');
    assert.equal(request.body, 'bytes');
    assert.equal(request.headers['content-type'], 'image/webp');
    assert.equal(request.headers['content-disposition'], 'inline');
    const hash = createHash('sha256').update('bytes').digest('hex');
    assert.equal(request.headers['x-amz-content-sha256'], hash);
  });

  test('that are not there are undefined, and so is another version than the one that is meant', async () => {
    answers = [status(404), status(404, '<Error><Code>NoSuchKey</Code></Error>'), status(412)];
    assert.equal(await storage().find('u/1'), undefined);
    assert.equal(await storage().read('u/1', { bytes: 4100 }), undefined);
    assert.equal(await storage().read('u/1', { etag: '"1"' }), undefined);
    assert.equal(requests[1]?.headers['range'], 'bytes=0-4099');
    assert.equal(requests[2]?.headers['if-match'], '"1"');
  });

  test('are asked for three times when S3 fails, and no more', async () => {
    answers = [status(503), status(500), status(200, 'bytes')];
    assert.equal(Buffer.from((await storage().read('f/1')) ?? []).toString(), 'bytes');
    answers = [status(503), status(503), status(503)];
    await assert.rejects(storage().remove(['f/1']), StoreUnavailableError);
    assert.equal(requests.length, 6);
  });

  test('are asked for once when S3 refuses, which is told with its code', async () => {
    answers = [status(403, '<Error><Code>AccessDenied</Code></Error>')];
    await assert.rejects(storage().read('f/1'), (error: ObjectStorageError) => {
      assert.deepEqual([error.name, error.status, error.code], ['ObjectStorageError', 403, 'AccessDenied']);
      return true;
    });
    assert.equal(requests.length, 1);
  });

  test('are copied only once S3 says so in the body of its 200', async () => {
    const copy = () =>
      storage().copy('u/1', 'f/1', { contentType: 'application/pdf', contentDisposition: 'inline' }, '"e"');
    answers = [status(200, '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>')];
    assert.equal(await copy(), true);
    const { headers } = requests[0] ?? assert.fail('no request');
    assert.equal(headers['x-amz-copy-source'], '/examplebucket/u/1');
    assert.equal(headers['x-amz-copy-source-if-match'], '"e"');
    assert.equal(headers['x-amz-metadata-directive'], 'REPLACE');
    answers = [status(200, '<Error><Code>InternalError</Code></Error>')];
    await assert.rejects(copy(), { code: 'InternalError' });
    answers = [status(412)];
    assert.equal(await copy(), false);
  });

  test('are removed each by itself, all of them', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `u/${index}` as const);
    await storage().remove(keys);
    const removed = requests.map(({ method, url }) => `${method} ${url}`);
    assert.deepEqual(removed.toSorted(), keys.map((key) => `DELETE /examplebucket/${key}`).toSorted());
  });
});

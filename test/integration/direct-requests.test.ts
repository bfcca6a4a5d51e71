import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  ListTablesCommand,
  ResourceNotFoundException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { createConnectionGateway } from '../../functions/gateways/connection-gateway.ts';
import { askDynamodb, openDynamodb } from '../../functions/platform/dynamodb.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';

const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG' };
const SESSION_TOKEN = 'a session token/of a role==';

interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse) => void;

const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  };

const breakingOff: Answer = (response) => response.destroy();

/** A fake of AWS that records requests and sends the prepared responses; the last one repeats. */
const got: Got[] = [];
let answers: Answer[] = [];
const server = createServer((request, response) => {
  void (async () => {
    const { method = '', url = '', headers } = request;
    got.push({ method, path: url, headers, body: await text(request) });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response);
  })();
});

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/**
 * The signature that AWS computes for a request.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
const signatureOf = ({ method, path, headers, body }: Got): string => {
  const { authorization = '' } = headers;
  const [, scope = '', signed = ''] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=\w+$/.exec(
      authorization,
    ) ?? [];
  // What came escaped is escaped once more.
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  const lines = signed
    .split(';')
    .map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}\n`);
  const canonical = [method, escaped, '', lines.join(''), signed, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.AWS_SECRET_ACCESS_KEY}`);
  return hmac(key, toSign).toString('hex');
};

const assertSigned = (request: Got): void => {
  const { authorization = '', host } = request.headers;
  assert.equal(authorization.split('Signature=')[1], signatureOf(request));
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  assert.ok(
    signed.includes('host') && signed.includes('x-amz-date') && signed.includes('x-amz-security-token'),
  );
  assert.equal(request.headers['x-amz-security-token'], SESSION_TOKEN);
  assert.equal(host, `127.0.0.1:${(server.address() as AddressInfo).port}`);
};

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, {
    ...credentials,
    AWS_SESSION_TOKEN: SESSION_TOKEN,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `${url}/dev`,
    AWS_ENDPOINT_URL_DYNAMODB: url,
  });
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  got.length = 0;
});

describe('posts to connections', () => {
  const failures: unknown[] = [];
  const gateway = createConnectionGateway((operation, error) => failures.push([operation, error]));
  beforeEach(() => {
    failures.length = 0;
  });

  const frame = '{"type":"new_message","text":"grüße 👋"}';

  it('are one signed request each', async () => {
    answers = [answering(200)];
    assert.equal(await gateway.post('L0SM9cOFvHcCIhw=', frame), 'delivered');
    const [request, ...others] = got;
    assert.ok(request);
    assert.equal(others.length, 0);
    assert.deepEqual([request.method, request.path], ['POST', '/dev/@connections/L0SM9cOFvHcCIhw%3D']);
    assert.equal(request.body, frame);
    assertSigned(request);
  });

  it('tell of a connection that is gone, and ask no more', async () => {
    answers = [answering(410, '{"message":"Gone"}', { 'x-amzn-ErrorType': 'GoneException' })];
    assert.equal(await gateway.post('abc=', frame), 'gone');
    assert.equal(got.length, 1);
    assert.deepEqual(failures, []);
  });

  for (const [what, first] of [
    ['an error of the service', answering(500, '{"message":"Internal"}')],
    ['a throttle', answering(429, '{"message":"slow"}', { 'x-amzn-ErrorType': 'LimitExceededException' })],
    ['a connection that breaks off', breakingOff],
  ] as const) {
    it(`are tried again by the SDK after ${what}, with the same request`, async () => {
      answers = [first, answering(200)];
      assert.equal(await gateway.post('abc=', frame), 'delivered');
      assert.equal(got.length, 2);
      for (const request of got) {
        assertSigned(request);
        assert.deepEqual(
          [request.method, request.path, request.body, request.headers['content-type']],
          ['POST', '/dev/@connections/abc%3D', frame, 'application/octet-stream'],
        );
      }
      assert.deepEqual(failures, []);
    });
  }

  it('hear from the SDK, too, that the connection is gone', async () => {
    answers = [breakingOff, answering(410, '{}', { 'x-amzn-ErrorType': 'GoneException' })];
    assert.equal(await gateway.post('abc=', frame), 'gone');
    assert.deepEqual(failures, []);
  });

  it('fail after three attempts, with what the SDK says', async () => {
    answers = [answering(500, '{"message":"Internal"}')];
    assert.equal(await gateway.post('abc=', frame), 'failed');
    assert.equal(got.length, 3);
    const [[operation, error] = []] = failures as [
      string,
      Error & { $metadata?: { httpStatusCode?: number } },
    ][];
    assert.equal(operation, 'post');
    assert.equal(error?.$metadata?.httpStatusCode, 500);
  });

  it('do not wait for ever for an answer that never comes', async () => {
    answers = [() => undefined];
    assert.equal(await gateway.post('abc=', frame), 'failed');
    assert.equal(failures.length, 1);
  });

  it('survive an answer that breaks off behind its head', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('{', () => response.destroy());
      },
      answering(200),
    ];
    assert.equal(await gateway.post('abc=', frame), 'delivered');
    assert.equal(await gateway.post('abc=', frame), 'delivered');
  });

  it('wait for no more of an answer than its head', async () => {
    answers = [(response) => response.writeHead(200, { 'content-length': 10 }).flushHeaders()];
    assert.equal(await gateway.post('abc=', frame), 'delivered');
  });

  it('close connections with the SDK', async () => {
    answers = [answering(204)];
    await gateway.close('abc=');
    assert.deepEqual([got[0]?.method, got[0]?.path], ['DELETE', '/dev/@connections/abc%3D']);
  });

  it('ask the SDK whether a connection is open, which it is unless API Gateway says otherwise', async () => {
    answers = [answering(200, '{"connectedAt":"2026-11-27T15:00:00Z"}')];
    assert.equal(await gateway.isOpen('abc='), true);
    assert.deepEqual([got[0]?.method, got[0]?.path], ['GET', '/dev/@connections/abc%3D']);
    answers = [answering(410, '{"message":"Gone"}', { 'x-amzn-ErrorType': 'GoneException' })];
    assert.equal(await gateway.isOpen('abc='), false);
    assert.deepEqual(failures, []);
    answers = [answering(500, '{"message":"Internal"}')];
    assert.equal(await gateway.isOpen('abc='), true);
    assert.equal(failures.length, 1);
  });
});

describe('operations on items', () => {
  const client = () => openDynamodb();
  const update = new UpdateItemCommand({
    TableName: 'sessions',
    Key: { pk: { S: 'limit#1' } },
    UpdateExpression: 'ADD tries :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
    ReturnValues: 'ALL_NEW',
  });
  const refusal = (type: string): string =>
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'No' });

  it('are one signed request, with the input and the output as they are', async () => {
    const item = { user_id: { N: '1' }, 'connection#a=': { M: { joined: { M: {} } } } };
    answers = [answering(200, JSON.stringify({ Responses: { t: [item] }, UnprocessedKeys: {} }))];
    const input = { RequestItems: { t: { Keys: [{ user_id: { N: '1' } }], ConsistentRead: true } } };
    const output = await client().send(new BatchGetItemCommand(input));
    assert.deepEqual(output.Responses, { t: [item] });
    const [request, ...others] = got;
    assert.ok(request);
    assert.equal(others.length, 0);
    assert.deepEqual(
      [request.method, request.path, request.headers['x-amz-target'], request.headers['content-type']],
      ['POST', '/', 'DynamoDB_20120810.BatchGetItem', 'application/x-amz-json-1.0'],
    );
    assert.deepEqual(JSON.parse(request.body), input);
    assertSigned(request);
  });

  it('throw what a condition that does not hold throws, without another request', async () => {
    answers = [answering(400, refusal('ConditionalCheckFailedException'))];
    await assert.rejects(client().send(update), ConditionalCheckFailedException);
    assert.equal(got.length, 1);
  });

  for (const [what, first] of [
    ['an error of the service', answering(500, refusal('InternalServerError'))],
    ['a throttle', answering(400, refusal('ProvisionedThroughputExceededException'))],
    [
      'a refusal that only speaks of a condition',
      answering(
        400,
        JSON.stringify({ __type: 'v#ThrottlingException', message: '#ConditionalCheckFailedException' }),
      ),
    ],
    ['a connection that breaks off', breakingOff],
  ] as const) {
    it(`are asked once more by the SDK after ${what}, with the same request`, async () => {
      answers = [first, answering(200, JSON.stringify({ Attributes: { tries: { N: '1' } } }))];
      assert.deepEqual((await client().send(update)).Attributes, { tries: { N: '1' } });
      assert.equal(got.length, 2);
      const [direct, sdk] = got;
      for (const request of got) assertSigned(request);
      assert.deepEqual(JSON.parse(direct?.body ?? ''), JSON.parse(sdk?.body ?? ''));
      assert.equal(direct?.headers['x-amz-target'], sdk?.headers['x-amz-target']);
    });
  }

  it('are asked once more by the SDK after an answer that is broken', async () => {
    for (const broken of [
      answering(200, '{"Attributes":'),
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{', () => response.destroy());
      },
    ]) {
      answers = [broken, answering(200, '{}')];
      assert.equal((await client().send(update)).Attributes, undefined);
    }
    assert.equal(got.length, 4);
  });

  it('fail as the SDK has it, and say so when the store is away', async () => {
    answers = [answering(400, refusal('ResourceNotFoundException'))];
    const get = new GetItemCommand({ TableName: 'nowhere', Key: { pk: { S: '1' } } });
    await assert.rejects(
      askDynamodb(() => client().send(get)),
      ResourceNotFoundException,
    );
    answers = [breakingOff];
    got.length = 0;
    await assert.rejects(
      askDynamodb(() => client().send(get)),
      StoreUnavailableError,
    );
    assert.equal(got.length, 2);
  });

  it('leave all other operations to the SDK', async () => {
    answers = [answering(200, JSON.stringify({ TableNames: ['t'] }))];
    assert.deepEqual((await client().send(new ListTablesCommand({}))).TableNames, ['t']);
    assert.equal(got.length, 1);
    const [request] = got;
    assert.ok(request);
    assertSigned(request);
  });
});

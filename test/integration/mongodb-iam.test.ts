import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Binary, BSON, type Document } from 'bson';
import { openMongodb } from '../../functions/platform/mongodb.ts';
import type { BundleOrder } from '../../lib/constructs/bundle-process.ts';
import { encodeReply, messageSplitter, parseRequest } from '../../lib/local/mongodb-server/wire-protocol.ts';

const IAM = 'authMechanism=MONGODB-AWS&authSource=%24external';
const environment = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
  AWS_SESSION_TOKEN: 'token-of-the-role',
};

/** Sets the environment variables that Lambda gives to a function, until the end of the test. */
const asFunction = (t: TestContext): void => {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  t.after(() => {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  });
};

/** The code of functions as deployed: the bundle determines which optional packages the driver finds. */
const bundled = async (t: TestContext): Promise<typeof openMongodb> => {
  const directory = mkdtempSync(join(tmpdir(), 'chat-service-iam-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const root = resolve(import.meta.dirname, '../..');
  const order: BundleOrder = {
    entryPoints: [{ in: join(root, 'functions/platform/mongodb.ts'), out: 'mongodb' }],
    region: 'eu-central-1',
  };
  execFileSync(process.execPath, [join(root, 'lib/constructs/bundle-process.ts'), directory], {
    input: JSON.stringify(order),
  });
  const bundle = (await import(pathToFileURL(join(directory, 'mongodb.mjs')).href)) as {
    openMongodb: typeof openMongodb;
  };
  return bundle.openMongodb;
};

/** A server that supports nothing except authentication, in the way that Atlas authenticates. */
const startAtlas = async (t: TestContext): Promise<{ port: number; proofs: Document[] }> => {
  const proofs: Document[] = [];
  const answer = (command: Document): Document => {
    const [name] = Object.keys(command);
    if (name === 'saslStart') {
      const { r: nonce } = BSON.deserialize((command['payload'] as Binary).buffer) as { r: Binary };
      const s = new Binary(Buffer.concat([nonce.buffer, randomBytes(32)]));
      const payload = new Binary(BSON.serialize({ s, h: 'sts.amazonaws.com' }));
      return { ok: 1, conversationId: 1, done: false, payload };
    }
    if (name === 'saslContinue') {
      proofs.push(BSON.deserialize((command['payload'] as Binary).buffer));
      return { ok: 1, conversationId: 1, done: true, payload: new Binary() };
    }
    return { ok: 1, helloOk: true, isWritablePrimary: true, minWireVersion: 0, maxWireVersion: 25 };
  };
  const server = createServer((socket) => {
    const split = messageSplitter();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const request of split(chunk).map(parseRequest)) {
        socket.write(encodeReply(request, BSON.serialize(answer(BSON.deserialize(request.body)))));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, proofs };
};

suite('a connection string that says IAM', () => {
  test('has neither user nor password, and the driver asks for the role’s credentials', async (t) => {
    asFunction(t);
    const { credentials } = openMongodb(`mongodb+srv://chat.example.mongodb.net/?${IAM}`).options;
    assert.equal(credentials?.mechanism, 'MONGODB-AWS');
    assert.equal(credentials.source, '$external');
    assert.equal(credentials.username, '');
    assert.equal(credentials.password, '');
    const { accessKeyId, sessionToken } =
      (await credentials.mechanismProperties.AWS_CREDENTIAL_PROVIDER?.()) ?? {};
    assert.equal(accessKeyId, environment.AWS_ACCESS_KEY_ID);
    assert.equal(sessionToken, environment.AWS_SESSION_TOKEN);
  });

  test('is followed in a function’s bundle, whose proof names the role and hides its secret', async (t) => {
    asFunction(t);
    const open = await bundled(t);
    const { port, proofs } = await startAtlas(t);
    const client = open(`mongodb://127.0.0.1:${port}/?${IAM}&directConnection=true`);
    t.after(() => client.close());
    await client.db('chat').command({ ping: 1 });
    const [proof] = proofs;
    assert.match(String(proof?.['a']), /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/sts\//);
    assert.equal(proof?.['t'], environment.AWS_SESSION_TOKEN);
    assert.ok(!JSON.stringify(proofs).includes(environment.AWS_SECRET_ACCESS_KEY));
  });
});

test('any other connection string is taken as it is', () => {
  const { credentials } = openMongodb('mongodb+srv://user:word@chat.example.mongodb.net/').options;
  assert.equal(credentials?.username, 'user');
  assert.equal(credentials.mechanismProperties.AWS_CREDENTIAL_PROVIDER, undefined);
  assert.equal(openMongodb('mongodb://127.0.0.1:27017').options.credentials, undefined);
  assert.equal(
    openMongodb('mongodb://127.0.0.1/?appName=authMechanism=MONGODB-AWS').options.credentials,
    undefined,
  );
});

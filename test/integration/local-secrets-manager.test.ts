import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { startSecretsManager, type SecretDefinition } from '../../lib/local/secrets-manager.ts';

const prefix = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret';
const given: SecretDefinition = { arn: `${prefix}:mysql-abc123`, value: '{"username":"chat"}' };
const generated: SecretDefinition = {
  arn: `${prefix}:signing-keys-def456`,
  generate: {
    SecretStringTemplate: '{"kid":"initial"}',
    GenerateStringKey: 'secret',
    PasswordLength: 64,
  },
};

const byHand: SecretDefinition = {
  arn: `${prefix}:chat-service/local/keys/files/1-byHand`,
  make: () => JSON.stringify({ public_key: `-----BEGIN ${Math.random()}`, private_key: 'private' }),
};

const misnamed: SecretDefinition = { arn: `${prefix}:file-keys-1-ghi789`, value: 'private' };

const keepIn = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'local-secrets-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'secrets.json');
};

/** Runs `use` with a started service and an SDK client that only knows the service's address. */
const withSecrets = async (
  file: string,
  use: (client: SecretsManagerClient) => Promise<void>,
): Promise<void> => {
  const service = await startSecretsManager({ secrets: [given, generated, misnamed], file });
  const client = new SecretsManagerClient({
    endpoint: service.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await use(client);
  } finally {
    client.destroy();
    await service.stop();
  }
};

test('a secret is found by its ARN, and by its ARN without the ending', async (t) => {
  await withSecrets(keepIn(t), async (client) => {
    for (const SecretId of [given.arn, `${prefix}:mysql`]) {
      const answer = await client.send(new GetSecretValueCommand({ SecretId }));
      assert.equal(answer.SecretString, '{"username":"chat"}');
      assert.equal(answer.ARN, given.arn);
      assert.equal(answer.Name, 'mysql');
      assert.deepEqual(answer.VersionStages, ['AWSCURRENT']);
    }
  });
});

test('a secret whose name ends like an ARN is found by its complete ARN only', async (t) => {
  await withSecrets(keepIn(t), async (client) => {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: misnamed.arn }));
    assert.equal(answer.Name, 'file-keys-1');
    const partial = new GetSecretValueCommand({ SecretId: `${prefix}:file-keys-1` });
    await assert.rejects(client.send(partial), { name: 'ResourceNotFoundException' });
  });
});

test('a new value makes the old one the previous, and none is found before', async (t) => {
  await withSecrets(keepIn(t), async (client) => {
    const SecretId = given.arn;
    const previous = new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPREVIOUS' });
    await assert.rejects(client.send(previous), { name: 'ResourceNotFoundException' });
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'new' }));
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'new');
    assert.equal((await client.send(previous)).SecretString, '{"username":"chat"}');
  });
});

test('an unknown secret is the exception that the SDK knows', async (t) => {
  await withSecrets(keepIn(t), async (client) => {
    const unknown = client.send(new GetSecretValueCommand({ SecretId: `${prefix}:nobody-123456` }));
    await assert.rejects(unknown, { name: 'ResourceNotFoundException' });
  });
});

test('a generated value stays the same over restarts, in a file for its owner only', async (t) => {
  const file = keepIn(t);
  const values: (string | undefined)[] = [];
  for (let start = 0; start < 2; start += 1) {
    await withSecrets(file, async (client) => {
      const answer = await client.send(new GetSecretValueCommand({ SecretId: generated.arn }));
      values.push(answer.SecretString);
    });
  }
  const [first, second] = values;
  assert.equal(second, first);
  const { kid, secret } = JSON.parse(first ?? '{}') as { kid: string; secret: string };
  assert.equal(kid, 'initial');
  assert.match(secret, /^[A-Za-z0-9]{64}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a file that is damaged is named, and kept', async (t) => {
  const file = keepIn(t);
  await withSecrets(file, async () => undefined);
  assert.deepEqual(readdirSync(dirname(file)), ['secrets.json']);
  writeFileSync(file, '{"arn:aws');
  await assert.rejects(
    withSecrets(file, async () => undefined),
    (error: Error) => error.message.startsWith(`${file} is damaged`),
  );
  assert.equal(statSync(file).size, 9);
});

test('CloudFormation’s references are resolved, to what a person’s hand would have put there once', async (t) => {
  const file = keepIn(t);
  const reference = '{{resolve:secretsmanager:chat-service/local/keys/files/1:SecretString:public_key::}}';
  const values: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const service = await startSecretsManager({ secrets: [byHand], file });
    values.push(service.resolveReference(reference));
    assert.throws(() => service.resolveReference(reference.replace('files/1', 'files/2')), /can't find/);
    assert.throws(() => service.resolveReference('-----BEGIN PUBLIC KEY-----'), /no reference/);
    await service.stop();
  }
  assert.match(values[0] ?? '', /^-----BEGIN 0\./);
  assert.equal(values[1], values[0]);
});

import { generateKeyPairSync } from 'node:crypto';
import {
  CreateSecretCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { fileKeySecretName } from '../lib/config/file-key-secret.ts';
import { noStage, stageConfig, stageNames } from '../lib/config/stages.ts';
import { readArguments, refuse, wholeNumber } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run file-keys -- --stage STAGE                  makes the pair of keys that signs the URLs of a stage's files
npm run file-keys -- --stage STAGE --generation N   the next one, to rotate to (lib/docs/operating.md)
The pair goes into the account's Secrets Manager, where a deployment reads the public half, and nowhere else.`,
  options: { stage: { type: 'string' }, generation: { type: 'string' } },
});
const stage = values.stage ?? refuse(`Name a stage: --stage STAGE. Stages are ${stageNames.join(', ')}.`);
if (!stageNames.includes(stage)) refuse(noStage(stage));
const { region, files } = stageConfig(stage);
const generation =
  values.generation === undefined ? files.keyGeneration : wholeNumber('generation', values.generation);
const name = fileKeySecretName(stage, generation);

// CloudFront only accepts RSA keys of this length.
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const client = new SecretsManagerClient({ region });
try {
  const { ARN: arn } = await client.send(
    new CreateSecretCommand({
      Name: name,
      Description: 'The pair of keys that signs the URLs of files',
      SecretString: JSON.stringify({ public_key: pair.publicKey, private_key: pair.privateKey }),
    }),
  );
  console.log(`Made ${arn ?? name}`);
} catch (error) {
  console.error(
    error instanceof ResourceExistsException
      ? `${name} is there already, and a pair is never replaced: rotate to the next one by --generation ${generation + 1}.`
      : error instanceof Error
        ? error.message
        : error,
  );
  process.exitCode = 1;
} finally {
  client.destroy();
}

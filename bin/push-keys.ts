import { readFileSync } from 'node:fs';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PushKeys, ServiceAccount } from '../functions/notifications/push-keys.ts';
import { newVapidKeys, pushKeySecretName } from '../lib/config/push-key-secret.ts';
import { noStage, stageConfig, stageNames } from '../lib/config/stages.ts';
import { readArguments, refuse, wholeNumber } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run push-keys -- --stage STAGE                  makes the keys that prove to push services who sends
npm run push-keys -- --stage STAGE --fcm FILE       puts the service account of FCM beside them, or in its place
npm run push-keys -- --stage STAGE --generation N   the next ones, to rotate to (lib/docs/operating.md)
They go into the account's Secrets Manager, where a deployment reads the public half, and nowhere else.`,
  options: { stage: { type: 'string' }, generation: { type: 'string' }, fcm: { type: 'string' } },
});
const stage = values.stage ?? refuse(`Name a stage: --stage STAGE. Stages are ${stageNames.join(', ')}.`);
if (!stageNames.includes(stage)) refuse(noStage(stage));
const { region, push } = stageConfig(stage);
const generation =
  values.generation === undefined ? push.keyGeneration : wholeNumber('generation', values.generation);
const name = pushKeySecretName(stage, generation);
const fcm =
  values.fcm === undefined
    ? undefined
    : ServiceAccount.parse(JSON.parse(readFileSync(values.fcm, 'utf8')) as unknown);

const client = new SecretsManagerClient({ region });

/** The keys of a generation. @throws when they do not exist */
const readKeys = async (of: number): Promise<PushKeys> => {
  const { SecretString: text = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: pushKeySecretName(stage, of) }),
  );
  return PushKeys.parse(JSON.parse(text));
};

/** New keys, together with the previous generation's keys for the subscriptions that use them. */
const makeKeys = async (): Promise<PushKeys> => {
  if (generation === 1) return { ...newVapidKeys(), ...(fcm === undefined ? {} : { fcm }) };
  const { former: _, fcm: known, ...former } = await readKeys(generation - 1);
  const account = fcm ?? known;
  return { ...newVapidKeys(), former, ...(account === undefined ? {} : { fcm: account }) };
};

try {
  const { ARN: arn } = await client.send(
    new CreateSecretCommand({
      Name: name,
      Description: 'The keys that prove to push services who sends',
      SecretString: JSON.stringify(await makeKeys()),
    }),
  );
  console.log(`Made ${arn ?? name}`);
} catch (error) {
  if (error instanceof ResourceExistsException && fcm !== undefined) {
    const text = JSON.stringify({ ...(await readKeys(generation)), fcm });
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
    console.log(`Put the service account into ${name}`);
  } else {
    console.error(
      error instanceof ResourceExistsException
        ? `${name} is there already, and keys are never replaced: rotate to the next ones by --generation ${generation + 1}.`
        : error instanceof Error
          ? error.message
          : error,
    );
    process.exitCode = 1;
  }
} finally {
  client.destroy();
}

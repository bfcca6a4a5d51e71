import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

let client: SecretsManagerClient | undefined;
const secretsManager = (): SecretsManagerClient => (client ??= new SecretsManagerClient({}));

/** Which version of a secret: the one in force, or the one before it during a rotation. */
export type SecretStage = 'AWSCURRENT' | 'AWSPREVIOUS';

/**
 * Reads a secret's text from Secrets Manager.
 *
 * @returns undefined when the secret has no version in that stage
 * @throws what the SDK throws when Secrets Manager does not answer or refuses
 */
export const readSecret = async (
  secretId: string,
  stage: SecretStage = 'AWSCURRENT',
): Promise<string | undefined> => {
  try {
    const answer = await secretsManager().send(
      new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }),
    );
    return answer.SecretString;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
};

/** Puts a new value into force; Secrets Manager keeps the one before as `AWSPREVIOUS`. */
export const putSecret = async (secretId: string, secret: string): Promise<void> => {
  await secretsManager().send(new PutSecretValueCommand({ SecretId: secretId, SecretString: secret }));
};

import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

let client: SecretsManagerClient | undefined;
const secretsManager = (): SecretsManagerClient => (client ??= new SecretsManagerClient({}));

/** The version of a secret: the current one, or the previous one. */
export type SecretStage = 'AWSCURRENT' | 'AWSPREVIOUS';

/**
 * Reads a secret's text from Secrets Manager.
 *
 * @returns undefined when the secret, or its version, does not exist
 * @throws the SDK's error when Secrets Manager does not respond or refuses
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

/** Replaces the current value of a secret; Secrets Manager keeps the previous one as `AWSPREVIOUS`. */
export const putSecret = async (secretId: string, secret: string): Promise<void> => {
  await secretsManager().send(new PutSecretValueCommand({ SecretId: secretId, SecretString: secret }));
};

import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { endsLikeArn } from '../config/secret-names.ts';
import { accessKeyOf, isAllowed, refusalOf, type Principals } from './iam/role-policies.ts';
import { closeNow, listen } from './listening.ts';
import { replaceFile } from './replace-file.ts';

/** `GenerateSecretString` of CloudFormation's AWS::SecretsManager::Secret, as far as the stacks use it. */
export interface GenerateSecretString {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
}

/**
 * A secret with its value, or with the way to create one at the first start: the template's instructions, or a
 * substitute for a manual step.
 */
export type SecretDefinition = {
  /** The complete ARN, which ends in a hyphen and six characters. */
  readonly arn: string;
} & (
  { readonly value: string } | { readonly generate: GenerateSecretString } | { readonly make: () => string }
);

export interface LocalSecretsManager {
  readonly url: string;
  /**
   * The value by which CloudFormation replaces `{{resolve:secretsmanager:NAME:SecretString:FIELD::}}`.
   *
   * @throws SecretsManagerError when there is no such secret, or Error when the text is not such a reference
   */
  resolveReference(reference: string): string;
  stop(): Promise<void>;
}

interface Version {
  readonly id: string;
  readonly value: string;
}

/** A secret's versions by stage. */
interface Versions {
  AWSCURRENT: Version;
  AWSPREVIOUS?: Version;
}

const generate = ({
  SecretStringTemplate,
  GenerateStringKey,
  PasswordLength,
}: GenerateSecretString): string => {
  // Letters and digits only: the templates exclude none of them.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let password = '';
  while (password.length < (PasswordLength ?? 32)) {
    // 248 is the largest multiple of 62 in a byte; larger bytes would make some characters more likely.
    for (const byte of randomBytes(64)) if (byte < 248) password += alphabet.charAt(byte % 62);
  }
  password = password.slice(0, PasswordLength ?? 32);
  if (GenerateStringKey === undefined) return password;
  return JSON.stringify({
    ...(JSON.parse(SecretStringTemplate ?? '{}') as object),
    [GenerateStringKey]: password,
  });
};

/** The generated secrets of earlier starts. @throws Error that names the file when it is damaged */
const readKept = (file: string): Record<string, Versions> => {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Versions>;
  } catch (error) {
    throw new Error(
      `${file} is damaged. Put back a copy of it, or remove it: then everybody is logged out, and second factors and browsers' push subscriptions are lost.`,
      { cause: error },
    );
  }
};

/** A secret's ARN without the hyphen and the six characters that Secrets Manager adds. */
const partialArnOf = (arn: string): string => arn.slice(0, -'-123456'.length);

const nameOf = (arn: string): string | undefined => partialArnOf(arn).split(':secret:')[1];

/** An error whose type the SDK recognizes. */
class SecretsManagerError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/**
 * AWS Secrets Manager for one machine: the operations that functions call, in the AWS JSON 1.1 protocol. Generated
 * values are kept in a file that only the owner can read.
 */
export const startSecretsManager = async (options: {
  readonly secrets: readonly SecretDefinition[];
  readonly file: string;
  /** The functions whose requests are checked; any other caller may do anything. Default: none. */
  readonly principals?: Principals;
}): Promise<LocalSecretsManager> => {
  const kept = readKept(options.file);
  const keep = (): void => replaceFile(options.file, JSON.stringify(kept, null, 2));
  const newVersion = (value: string): Version => ({ id: randomUUID(), value });

  const versions = new Map<string, Versions>();
  const known = Object.keys(kept).length;
  for (const secret of options.secrets) {
    if ('value' in secret) versions.set(secret.arn, { AWSCURRENT: newVersion(secret.value) });
    else {
      const made = (): string => ('make' in secret ? secret.make() : generate(secret.generate));
      versions.set(secret.arn, (kept[secret.arn] ??= { AWSCURRENT: newVersion(made()) }));
    }
  }
  if (Object.keys(kept).length > known) keep();

  const find = (id: string): readonly [string, Versions] => {
    // Secrets Manager also accepts an ARN without its suffix, unless the rest looks like a complete ARN.
    const secret = options.secrets.find(({ arn }) => id === (endsLikeArn(id) ? arn : partialArnOf(arn)));
    const found = secret && versions.get(secret.arn);
    if (secret === undefined || found === undefined) {
      throw new SecretsManagerError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    }
    return [secret.arn, found];
  };

  /** @throws SecretsManagerError when the function that signed the request has no permission for it */
  const assertAllowed = (authorization: string | undefined, action: string, secretId: string): void => {
    const principal = options.principals?.get(accessKeyOf(authorization) ?? '');
    if (principal === undefined) return;
    const [arn] = find(secretId);
    if (!isAllowed(principal.statements, { action, resource: arn })) {
      throw new SecretsManagerError('AccessDeniedException', refusalOf(principal, { action, resource: arn }));
    }
  };

  const operations: Record<string, (input: Record<string, string>) => unknown> = {
    GetSecretValue: ({ SecretId = '', VersionStage = 'AWSCURRENT' }) => {
      const [arn, found] = find(SecretId);
      const version = VersionStage === 'AWSPREVIOUS' ? found.AWSPREVIOUS : found.AWSCURRENT;
      if (version === undefined || !['AWSCURRENT', 'AWSPREVIOUS'].includes(VersionStage)) {
        throw new SecretsManagerError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`,
        );
      }
      return {
        ARN: arn,
        Name: nameOf(arn),
        VersionId: version.id,
        SecretString: version.value,
        VersionStages: [VersionStage],
        CreatedDate: Date.now() / 1000,
      };
    },
    PutSecretValue: ({ SecretId = '', SecretString = '' }) => {
      const [arn, found] = find(SecretId);
      found.AWSPREVIOUS = found.AWSCURRENT;
      found.AWSCURRENT = newVersion(SecretString);
      keep();
      return { ARN: arn, VersionId: found.AWSCURRENT.id, VersionStages: ['AWSCURRENT'] };
    },
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown, type?: string): void => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
      });
      response.end(JSON.stringify(body));
    };
    const handle = async (): Promise<void> => {
      try {
        const target = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
        const operation = operations[target];
        if (operation === undefined) {
          throw new SecretsManagerError(
            'UnknownOperationException',
            `The local cloud does not know ${target}`,
          );
        }
        const input = JSON.parse(await text(request)) as Record<string, string>;
        assertAllowed(request.headers.authorization, `secretsmanager:${target}`, input['SecretId'] ?? '');
        answer(200, operation(input));
      } catch (error) {
        const type = error instanceof SecretsManagerError ? error.type : 'InternalServiceError';
        const message = error instanceof Error ? error.message : 'unknown';
        answer(type === 'InternalServiceError' ? 500 : 400, { __type: type, message }, type);
      }
    };
    void handle();
  });
  const port = await listen(server, 0, '127.0.0.1');

  return {
    url: `http://127.0.0.1:${port}`,
    resolveReference: (reference) => {
      const [, name, field] =
        /^\{\{resolve:secretsmanager:(.+):SecretString:(\w+)::\}\}$/.exec(reference) ?? [];
      if (name === undefined || field === undefined) throw new Error('This is no reference to a secret');
      const secret = options.secrets.find(({ arn }) => nameOf(arn) === name);
      const { value } = find(secret?.arn ?? name)[1].AWSCURRENT;
      return (JSON.parse(value) as Record<string, string>)[field] ?? '';
    },
    stop: () => closeNow(server),
  };
};

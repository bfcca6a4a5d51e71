import { generateKeyPairSync } from 'node:crypto';
import { newVapidKeys } from '../config/push-key-secret.ts';
import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';
import type { GenerateSecretString, SecretDefinition } from './secrets-manager.ts';
import type { LocalMysql } from './stores/mysql.ts';

/**
 * The secrets that functions read: those of the templates, with this machine's values for the stores' credentials,
 * and the secret of MongoDB, which an operator creates by hand on AWS.
 */
export const secretDefinitions = (
  assembly: Assembly,
  resolver: Resolver,
  stores: { readonly mysql: LocalMysql; readonly mongodbUrl: string },
): SecretDefinition[] => {
  const attached = new Set(
    assembly
      .resourcesOf('AWS::SecretsManager::SecretTargetAttachment')
      .map((attachment) => resolver.physicalOf(attachment).ref),
  );
  const { host, port, user, password, database, kind } = stores.mysql;
  // The format in which Secrets Manager fills a secret that is attached to a cluster.
  const owner = JSON.stringify({ engine: 'mysql', host, port, username: user, password, dbname: database });
  const namedBy = (variable: string): ReadonlySet<string> =>
    new Set(
      assembly.resourcesOf('AWS::Lambda::Function').flatMap((resource) => {
        const { Environment } = resolver.propertiesOf(resource) as {
          Environment?: { Variables?: Record<string, string> };
        };
        return Environment?.Variables?.[variable] ?? [];
      }),
    );
  // `MYSQL_URL` has one user, who is then both the owner of the schema and the user of the functions.
  const ofOwner = new Set([...attached, ...(kind === 'configured' ? namedBy('MYSQL_SECRET_ARN') : [])]);
  const fromTemplates = assembly
    .resourcesOf('AWS::SecretsManager::Secret')
    .map((resource): SecretDefinition => {
      const arn = resolver.physicalOf(resource).ref;
      if (ofOwner.has(arn)) return { arn, value: owner };
      const { GenerateSecretString: generate = {} } = resolver.propertiesOf(resource) as {
        GenerateSecretString?: GenerateSecretString;
      };
      return { arn, generate };
    });

  return [
    ...fromTemplates,
    ...[...namedBy('MONGODB_SECRET_ARN')].map((arn) => ({ arn: completed(arn), value: stores.mongodbUrl })),
    ...fileKeySecrets(assembly, resolver),
    // On AWS, `npm run push-keys` writes this secret.
    ...[...namedBy('PUSH_KEYS_SECRET_ARN')].map((arn) => ({
      arn: completed(arn),
      make: () => JSON.stringify(newVapidKeys()),
    })),
  ];
};

/**
 * Completes the ARN of a secret that a person creates and the templates import by name: with a suffix like the one
 * that AWS adds.
 */
const completed = (partialArn: string): string => `${partialArn}-byHand`;

/** The key pairs of the public keys that CloudFront knows; on AWS, `npm run file-keys` writes these secrets. */
const fileKeySecrets = (assembly: Assembly, resolver: Resolver): SecretDefinition[] =>
  assembly.resourcesOf('AWS::CloudFront::PublicKey').map((resource) => {
    const { PublicKeyConfig } = resolver.propertiesOf(resource) as {
      PublicKeyConfig: { EncodedKey: string };
    };
    const name = /^\{\{resolve:secretsmanager:(.+):SecretString:/.exec(PublicKeyConfig.EncodedKey)?.[1];
    if (name === undefined) throw new Error(`${resource.logicalId} is not in Secrets Manager`);
    return {
      arn: completed(
        String(
          resolver.resolve(
            {
              'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${name}`,
            },
            resource.stack,
          ),
        ),
      ),
      make: () => {
        const { publicKey, privateKey } = generateKeyPairSync('rsa', {
          modulusLength: 2048,
          publicKeyEncoding: { type: 'spki', format: 'pem' },
          privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        });
        return JSON.stringify({ public_key: publicKey, private_key: privateKey });
      },
    };
  });

import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';
import type { GenerateSecretString, SecretDefinition } from './secrets-manager.ts';
import type { LocalMysql } from './stores/mysql.ts';

/**
 * The secrets that functions ask for: those of the templates, with the values of this machine where a store
 * has its own, and the one of MongoDB, which on AWS a person puts there.
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
  // What Secrets Manager writes into a secret that is attached to a cluster.
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
  // Who names a MySQL names one user of it, who is then both.
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

  const ofMongodb = [...namedBy('MONGODB_SECRET_ARN')];
  return [...fromTemplates, ...ofMongodb.map((arn) => ({ arn, value: stores.mongodbUrl }))];
};

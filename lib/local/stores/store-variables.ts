import type { MysqlAddress } from '../../../functions/platform/mysql/mysql.ts';
import type { LocalMongodb } from './mongodb.ts';

const tlsVariables = (tls: MysqlAddress['tls']): Record<string, string> => {
  if (tls === false) return { MYSQL_TLS: 'off' };
  if (tls === 'rds') return { MYSQL_TLS: 'required' };
  return { MYSQL_TLS: tls.verify, ...(tls.ca === undefined ? {} : { MYSQL_TLS_CA: tls.ca }) };
};

/**
 * The environment variables by which a function finds its stores and which the template contains as plain text:
 * `MYSQL_URL` and `MONGODB_URL` may name other databases, and TLS. Host and port are attributes of a resource, which
 * resolve to this machine's, and passwords are in secrets.
 *
 * @param variables a function's environment in the template; the result contains only variables that the template has
 */
export const storeVariables = (
  variables: Readonly<Record<string, string>>,
  { mysql, mongodb }: { readonly mysql: MysqlAddress; readonly mongodb: Pick<LocalMongodb, 'database'> },
): Record<string, string> => ({
  ...('MYSQL_DATABASE' in variables ? { MYSQL_DATABASE: mysql.database, ...tlsVariables(mysql.tls) } : {}),
  ...('MONGODB_DATABASE' in variables ? { MONGODB_DATABASE: mongodb.database } : {}),
});

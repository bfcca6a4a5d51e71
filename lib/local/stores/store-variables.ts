import type { LocalMongodb } from './mongodb.ts';
import type { LocalMysql } from './mysql.ts';

const tlsVariables = (tls: LocalMysql['tls']): Record<string, string> => {
  if (tls === false) return { MYSQL_TLS: 'off' };
  if (tls === 'rds') return { MYSQL_TLS: 'required' };
  return { MYSQL_TLS: tls.verify, ...(tls.ca === undefined ? {} : { MYSQL_TLS_CA: tls.ca }) };
};

/**
 * The variables by which a function finds its stores, where those of this machine are not the template's: `MYSQL_URL`
 * and `MONGODB_URL` may name other databases, and TLS.
 *
 * @param variables a function's environment in the template: what it does not name there, it does not get here
 */
export const storeVariables = (
  variables: Readonly<Record<string, string>>,
  { mysql, mongodb }: { readonly mysql: LocalMysql; readonly mongodb: LocalMongodb },
): Record<string, string> => ({
  ...('MYSQL_DATABASE' in variables
    ? {
        MYSQL_HOST: mysql.host,
        MYSQL_PORT: String(mysql.port),
        MYSQL_DATABASE: mysql.database,
        ...tlsVariables(mysql.tls),
      }
    : {}),
  ...('MONGODB_DATABASE' in variables ? { MONGODB_DATABASE: mongodb.database } : {}),
});

import type { ConnectionOptions } from 'mysql2';
import { createConnection, type Connection } from 'mysql2/promise';
import type { MysqlAddress } from '../../../functions/platform/mysql/mysql.ts';

/**
 * Opens a single connection to the MySQL of this machine or of `MYSQL_URL`, separate from the functions' pools.
 *
 * @param address without `database`, no database is selected
 * @throws the error of mysql2 or of the socket
 */
export const connectToMysql = async (
  { host, port, database, user, password, tls }: Omit<MysqlAddress, 'database'> & { database?: string },
  options: ConnectionOptions = {},
): Promise<Connection> =>
  createConnection({
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    ...(database === undefined ? {} : { database }),
    user,
    password,
    ...(tls === false ? {} : { ssl: sslOf(tls) }),
    ...options,
  });

const sslOf = (tls: Exclude<MysqlAddress['tls'], false>): NonNullable<ConnectionOptions['ssl']> =>
  tls === 'rds'
    ? 'Amazon RDS'
    : {
        rejectUnauthorized: tls.verify !== 'nothing',
        verifyIdentity: tls.verify === 'identity',
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      };

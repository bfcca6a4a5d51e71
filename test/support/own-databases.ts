import { createHash } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { connectToMysql } from '../../lib/local/stores/mysql-connection.ts';
import { parseMysqlUrl } from '../../lib/local/stores/mysql-url.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';

/** Databases for the service of one data directory, on the servers that the tests are configured to use. */
export interface OwnDatabases {
  /** `MYSQL_URL` and `MONGODB_URL`, if they are set, with the name of this service's own database. */
  readonly environment: Readonly<Record<string, string>>;
  /** Drops the databases. */
  drop(): Promise<void>;
}

const replaceDatabase = (url: string, database: string): string =>
  url.replace(/^([^:]+:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/, `$1/${database}$2`);

const dropMysql = async (url: string): Promise<void> => {
  const { database, ...server } = parseMysqlUrl(url);
  const connection = await connectToMysql(server);
  await connection.query(`DROP DATABASE IF EXISTS ${connection.escapeId(database)}`);
  await connection.end();
};

const dropMongodb = async (url: string): Promise<void> => {
  const client = new MongoClient(url);
  try {
    // The database that the URL names.
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
};

/**
 * Creates database names per data directory. Tests that start a service expect empty databases, and some restart it on
 * the same data; with `MYSQL_URL` or `MONGODB_URL` set, all of them share one server.
 */
export const ownDatabases = (dataDirectory: string): OwnDatabases => {
  const name = `chat_test_${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16)}`;
  const environment: Record<string, string> = {};
  for (const variable of ['MYSQL_URL', 'MONGODB_URL']) {
    const url = process.env[variable];
    if (url !== undefined && url !== '') environment[variable] = replaceDatabase(url, name);
  }
  return {
    environment,
    drop: async () => {
      if (environment['MYSQL_URL'] !== undefined) await dropMysql(environment['MYSQL_URL']);
      if (environment['MONGODB_URL'] !== undefined) await dropMongodb(environment['MONGODB_URL']);
    },
  };
};

/**
 * Starts a MongoDB for a test without a service: a separate database on the server of `MONGODB_URL`, or else a separate
 * server.
 */
export const startOwnMongodb = async (dataDirectory: string): Promise<LocalMongodb> => {
  const databases = ownDatabases(dataDirectory);
  const url = databases.environment['MONGODB_URL'];
  const mongodb = await startMongodb({
    dataDirectory,
    log: () => undefined,
    environment: { MONGODB_DOWNLOAD: 'off', ...(url === undefined ? {} : { MONGODB_URL: url }) },
  });
  return url === undefined ? mongodb : { ...mongodb, stop: () => dropMongodb(url) };
};

/**
 * Starts a MySQL for a test that looks at the tables of a service, or needs no service: a separate database on the
 * server of `MYSQL_URL`, which is dropped on stop, or else a separate server, whose database has another name than in
 * the templates.
 */
export const startOwnMysql = async (dataDirectory: string): Promise<LocalMysql> => {
  const databases = ownDatabases(dataDirectory);
  const mysql = await startMysql({
    dataDirectory,
    database: 'talk',
    log: () => undefined,
    environment: { ...process.env, ...databases.environment },
  });
  if (mysql.kind !== 'configured') return mysql;
  return { ...mysql, stop: () => dropMysql(databases.environment['MYSQL_URL'] ?? '') };
};

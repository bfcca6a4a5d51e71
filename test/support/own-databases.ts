import { createHash } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { connectToMysql } from '../../lib/local/stores/mysql-connection.ts';
import { parseMysqlUrl } from '../../lib/local/stores/mysql-url.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';

/** Databases for the service of one data directory, on the servers that the tests were told to use. */
export interface OwnDatabases {
  /** `MYSQL_URL` and `MONGODB_URL`, those of them that are set, each with the database of its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Drops them. */
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
    // The one that the URL names.
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
};

/**
 * Tests that start a service expect it to be empty, and some start it again on the same data. With `MYSQL_URL` or
 * `MONGODB_URL` set, all of them run on one server: a data directory has databases of its own there.
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

/** A MongoDB for a test that needs no service: of `MONGODB_URL` a database of its own, else a server of its own. */
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
 * A MySQL for a test to look behind a service, or without one: of `MYSQL_URL` a database of its own, which is dropped
 * when it stops; else a server of its own, with a database that is not called as the templates say.
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

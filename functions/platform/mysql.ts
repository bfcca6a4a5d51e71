import { Kysely, MysqlDialect, type Logger, type MysqlPool, type MysqlPoolConnection } from 'kysely';
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import * as z from 'zod';
import type { Database } from '../repositories/mysql/schema.ts';
import { environmentOf } from './environment.ts';
import { readSecret } from './secrets.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

const Credentials = z.object({ username: z.string(), password: z.string() });

const CONNECT_TIMEOUT_MS = 3000;
const QUERY_TIMEOUT_MS = 4000;

/**
 * How long migrations and jobs go on trying to connect. Aurora that has paused at 0 capacity wakes when somebody
 * connects, in some 15 s, or in 30 s and more when it slept for over a day.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
 */
export const WAKING_MS = 60_000;
const RECONNECT_PAUSE_MS = 500;

// A function works on one event at a time, and no event runs more than two queries at once. Few
// connections a function is what keeps many functions within Aurora's limit.
const CONNECTIONS_PER_FUNCTION = 2;

/** Session settings that the SQL relies on, whatever the server's defaults are. */
const SESSION_SETTINGS =
  "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE', SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/** How to reach a MySQL server. */
export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: boolean;
}

/** Errors by which mysql2 says that the server is away, and not that the SQL is wrong. */
const isConnectionError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code, fatal } = error as Error & { code?: string; fatal?: boolean };
  return (
    fatal === true ||
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'ENOTFOUND',
      'EHOSTUNREACH',
      'PROTOCOL_CONNECTION_LOST',
      'PROTOCOL_SEQUENCE_TIMEOUT',
      'ER_SERVER_SHUTDOWN',
      'ER_CON_COUNT_ERROR',
      'POOL_CLOSED',
    ].includes(code ?? '')
  );
};

/** Runs a callback's error through `StoreUnavailableError` when it is the server that is away. */
const translate = (error: unknown): unknown =>
  isConnectionError(error) ? new StoreUnavailableError('mysql', error) : error;

/** A pool's connection as Kysely wants it, with a time-out on each query. */
const withTimeout = (connection: PoolConnection, timeoutMs: number): MysqlPoolConnection => {
  const { threadId } = connection;
  return {
    config: connection.config,
    threadId,
    connect: (callback) => connection.connect((error) => callback?.(error)),
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query: (text: string, values: unknown[], callback?: (error: unknown, result: never) => void) => {
      const query = connection.query(
        { sql: text, values, timeout: timeoutMs },
        (error: unknown, result: unknown) => {
          // A query that timed out may still be running: its connection must not serve another one.
          if (isConnectionError(error)) connection.destroy();
          // Kysely's own types are narrower than what its driver accepts.
          callback?.(error === null ? null : translate(error), result as never);
        },
      );
      return { stream: (options) => query.stream(options) };
    },
  };
};

/** Whether MySQL refused the password: it was changed since it was read. */
const isRefused = (error: Error): boolean => 'code' in error && error.code === 'ER_ACCESS_DENIED_ERROR';

/**
 * A pool as Kysely wants it: few connections, each with the session settings, none waited for too long. When MySQL
 * refuses the password, the current one is asked for, once; connections that are open work on.
 */
const kyselyPool = (
  pool: Pool,
  currentPassword: () => Promise<string>,
  { queryTimeoutMs, patienceMs }: { readonly queryTimeoutMs: number; readonly patienceMs: number },
): MysqlPool => {
  const wrapped = new WeakMap<PoolConnection, MysqlPoolConnection>();
  const take = (callback: Parameters<MysqlPool['getConnection']>[0], onError: (error: Error) => void): void =>
    pool.getConnection((error, connection) => {
      if (error !== null) {
        onError(error);
        return;
      }
      let kyselyConnection = wrapped.get(connection);
      if (kyselyConnection === undefined) {
        kyselyConnection = withTimeout(connection, queryTimeoutMs);
        wrapped.set(connection, kyselyConnection);
      }
      callback(null, kyselyConnection);
    });
  return {
    getConnection: (callback) => {
      // The second argument is never read beside an error.
      const fail = (error: unknown): void => callback(translate(error), undefined as never);
      const takeAgain = async (): Promise<void> => {
        try {
          connectionConfigOf(pool).password = await currentPassword();
        } catch (error) {
          fail(error);
          return;
        }
        take(callback, fail);
      };
      const giveUpAt = performance.now() + patienceMs;
      const tryToTake = (): void =>
        take(callback, (error) => {
          if (isRefused(error)) void takeAgain();
          else if (isConnectionError(error) && performance.now() < giveUpAt) {
            setTimeout(tryToTake, RECONNECT_PAUSE_MS);
          } else fail(error);
        });
      tryToTake();
    },
    end: (callback) => pool.end((error) => callback(error)),
  };
};

/** What mysql2 opens a pool's next connection with; its types do not tell of it. */
const connectionConfigOf = (pool: Pool): { password: string } =>
  (pool.config as PoolOptions & { readonly connectionConfig: { password: string } }).connectionConfig;

const poolOf = ({ host, port, database, user, password, tls }: MysqlAddress, connections: number): Pool => {
  const pool = createPool({
    host,
    port,
    database,
    user,
    password,
    // The certificate authorities of RDS and its proxy, which are not among Node's own, come with mysql2.
    ...(tls ? { ssl: 'Amazon RDS' } : {}),
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionLimit: connections,
    enableKeepAlive: true,
    multipleStatements: false,
  });
  // Queued on the new connection ahead of the query that it was opened for; when it fails, so does that.
  pool.on('connection', (connection) => connection.query(SESSION_SETTINGS, () => undefined));
  return pool;
};

/**
 * Opens a Kysely instance on an address, for a function, a migration or a test.
 *
 * @param options.patienceMs how long a server that is away is tried again; by default not at all
 * @param options.onQuery hears of every statement that was sent
 */
export const openMysql = (
  address: () => Promise<MysqlAddress>,
  options: {
    readonly connections: number;
    readonly queryTimeoutMs?: number;
    readonly patienceMs?: number;
    readonly onQuery?: Logger;
  },
): Kysely<Database> =>
  new Kysely<Database>({
    ...(options.onQuery === undefined ? {} : { log: options.onQuery }),
    dialect: new MysqlDialect({
      pool: async () => {
        const pool = poolOf(await address(), options.connections);
        const currentPassword = async (): Promise<string> => (await address()).password;
        const { queryTimeoutMs = QUERY_TIMEOUT_MS, patienceMs = 0 } = options;
        return kyselyPool(pool, currentPassword, { queryTimeoutMs, patienceMs });
      },
    }),
  });

/** The address that the function's environment and secret name. */
export const mysqlAddressFromEnvironment = async (): Promise<MysqlAddress> => {
  const environment = environmentOf('mysql');
  const secret = await readSecret(environment.MYSQL_SECRET_ARN);
  if (secret === undefined) throw new Error('The MySQL secret has no value');
  const { username, password } = Credentials.parse(JSON.parse(secret));
  return {
    host: environment.MYSQL_HOST,
    port: Number(environment.MYSQL_PORT),
    database: environment.MYSQL_DATABASE,
    user: username,
    password,
    tls: environment.MYSQL_TLS === 'required',
  };
};

let instance: Kysely<Database> | undefined;

/** The function's own MySQL, opened when it is first asked for and kept while the function lives. */
export const mysql = (): Kysely<Database> =>
  (instance ??= openMysql(mysqlAddressFromEnvironment, { connections: CONNECTIONS_PER_FUNCTION }));

let patientInstance: Kysely<Database> | undefined;

/** The same for a job, which waits for a MySQL that has to wake where a request answers 503. */
export const patientMysql = (): Kysely<Database> =>
  (patientInstance ??= openMysql(mysqlAddressFromEnvironment, {
    connections: CONNECTIONS_PER_FUNCTION,
    patienceMs: WAKING_MS,
  }));

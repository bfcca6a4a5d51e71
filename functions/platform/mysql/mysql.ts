import {
  Kysely,
  MysqlDialect,
  MysqlDriver,
  type DatabaseConnection,
  type Driver,
  type Logger,
  type MysqlDialectConfig,
  type MysqlPool,
  type MysqlPoolConnection,
  type TransactionSettings,
} from 'kysely';
import {
  createPool,
  type ConnectionOptions,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type SslOptions,
} from 'mysql2';
import * as z from 'zod';
import { baseEnvironment, environmentOf } from '../environment.ts';
import { readSecret } from '../secrets.ts';
import { StoreUnavailableError } from '../store-unavailable.ts';
import { isDeadlock, retryOnDeadlock } from './deadlocks.ts';
import type { Database } from './schema.ts';

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

/**
 * Session settings that the SQL relies on, whatever the server's defaults are: a statement each, for MySQL and MariaDB
 * name the variable of the isolation level differently. RDS Proxy tracks all three and does not pin a connection for
 * them (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html).
 */
const SESSION_SETTINGS: readonly string[] = [
  "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE'",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** TLS with a server that is not Amazon's. Without `ca`, the authorities that Node.js trusts are. */
export interface MysqlTls {
  /** What is checked of the server's certificate. */
  readonly verify: 'nothing' | 'authority' | 'identity';
  /** Certificate authorities in PEM. */
  readonly ca?: string;
}

/** How to reach a MySQL server. */
export interface MysqlAddress {
  /** A name or an address; or the absolute path of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** `'rds'` trusts Amazon's authorities; `false` is plain text. */
  readonly tls: false | 'rds' | MysqlTls;
}

/**
 * Numbers by which MySQL says that it cannot write: EE_WRITE, EE_DISK_FULL, ER_DISK_FULL, ER_ERROR_ON_WRITE and
 * ER_RECORD_FILE_FULL. It works on once somebody has made room.
 */
const DISK_FULL: ReadonlySet<number> = new Set([3, 20, 1021, 1026, 1114]);

/** Errors by which mysql2 says that the server is away, and not that the SQL is wrong. */
const isConnectionError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code, errno, fatal } = error as Error & { code?: string; errno?: number; fatal?: boolean };
  return (
    fatal === true ||
    DISK_FULL.has(errno ?? 0) ||
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

/**
 * Sets a new connection up, one setting after the other.
 *
 * @param done hears of the error that names the setting which the server refused: the SQL here holds under these
 * settings only
 */
const applySettings = (
  connection: MysqlPoolConnection,
  [setting, ...others]: readonly string[],
  done: (error?: Error) => void,
): void => {
  if (setting === undefined) {
    done();
    return;
  }
  connection.query(setting, [], (error) => {
    if (error === null || error === undefined) applySettings(connection, others, done);
    else if (error instanceof StoreUnavailableError) done(error);
    else done(new Error(`MySQL refused a session setting: ${setting}`, { cause: error }));
  });
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
  {
    queryTimeoutMs,
    patienceMs,
    settings,
  }: {
    readonly queryTimeoutMs: number;
    readonly patienceMs: number;
    readonly settings: readonly string[];
  },
): MysqlPool => {
  const wrapped = new WeakMap<PoolConnection, MysqlPoolConnection>();
  const take = (callback: Parameters<MysqlPool['getConnection']>[0], onError: (error: Error) => void): void =>
    pool.getConnection((error, connection) => {
      if (error !== null) {
        onError(error);
        return;
      }
      const known = wrapped.get(connection);
      if (known !== undefined) {
        callback(null, known);
        return;
      }
      const fresh = withTimeout(connection, queryTimeoutMs);
      applySettings(fresh, settings, (refusal) => {
        if (refusal === undefined) {
          wrapped.set(connection, fresh);
          callback(null, fresh);
          return;
        }
        // Not back into the pool: the next query opens another one.
        connection.destroy();
        onError(refusal);
      });
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

/** What mysql2 opens the connections of a pool with. */
const connectionOptionsOf = ({
  host,
  port,
  database,
  user,
  password,
  tls,
}: MysqlAddress): ConnectionOptions => ({
  ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
  database,
  user,
  password,
  ...(tls === false ? {} : { ssl: sslOf(tls) }),
});

const sslOf = (tls: 'rds' | MysqlTls): string | SslOptions =>
  tls === 'rds'
    ? // The certificate authorities of RDS and its proxy, which are not among Node's own, come with mysql2.
      'Amazon RDS'
    : {
        rejectUnauthorized: tls.verify !== 'nothing',
        verifyIdentity: tls.verify === 'identity',
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      };

const poolOf = (address: MysqlAddress, connections: number): Pool => {
  return createPool({
    ...connectionOptionsOf(address),
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionLimit: connections,
    enableKeepAlive: true,
    multipleStatements: false,
  });
};

/**
 * Repeats what InnoDB gave up to resolve a deadlock, where a statement is a transaction by itself: a `CALL` of a routine
 * as any other. A transaction of several statements is repeated as a whole by whoever makes it.
 */
class RetryingMysqlDriver extends MysqlDriver {
  readonly #prepared = new WeakSet<DatabaseConnection>();
  readonly #inTransaction = new WeakSet<DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    if (!this.#prepared.has(connection)) {
      this.#prepared.add(connection);
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = async <R>(query: Parameters<typeof execute>[0]) => {
        if (this.#inTransaction.has(connection)) return execute<R>(query);
        try {
          return await retryOnDeadlock(() => execute<R>(query));
        } catch (error) {
          throw isDeadlock(error) ? new StoreUnavailableError('mysql', error) : error;
        }
      };
    }
    return connection;
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await super.beginTransaction(connection, settings);
    this.#inTransaction.add(connection);
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#inTransaction.delete(connection);
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } finally {
      this.#inTransaction.delete(connection);
    }
  }
}

class RetryingMysqlDialect extends MysqlDialect {
  readonly #config: MysqlDialectConfig;

  constructor(config: MysqlDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new RetryingMysqlDriver(this.#config);
  }
}

/**
 * Runs a transaction of several statements, and runs it again when InnoDB ended it to resolve a deadlock.
 *
 * @param work may run several times: it does nothing but ask MySQL
 * @throws StoreUnavailableError when the locks are not to be had
 */
export const inTransaction = async <Tables, T>(
  db: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<T>,
): Promise<T> => {
  try {
    return await retryOnDeadlock(() => db.transaction().execute(work));
  } catch (error) {
    throw isDeadlock(error) ? new StoreUnavailableError('mysql', error) : error;
  }
};

/**
 * Opens a Kysely instance on an address, for a function, a migration or a test.
 *
 * @param options.patienceMs how long a server that is away is tried again; by default not at all
 * @param options.onQuery hears of every statement that was sent
 * @param options.settings statements that each new connection runs first; those of the service by default
 */
export const openMysql = (
  address: () => Promise<MysqlAddress>,
  options: {
    readonly connections: number;
    readonly queryTimeoutMs?: number;
    readonly patienceMs?: number;
    readonly onQuery?: Logger;
    readonly settings?: readonly string[];
  },
): Kysely<Database> =>
  new Kysely<Database>({
    ...(options.onQuery === undefined ? {} : { log: options.onQuery }),
    dialect: new RetryingMysqlDialect({
      pool: async () => {
        const pool = poolOf(await address(), options.connections);
        const currentPassword = async (): Promise<string> => (await address()).password;
        const { queryTimeoutMs = QUERY_TIMEOUT_MS, patienceMs = 0, settings = SESSION_SETTINGS } = options;
        return kyselyPool(pool, currentPassword, { queryTimeoutMs, patienceMs, settings });
      },
    }),
  });

/** The address in a function's environment, with the user and the password of a secret. */
const addressWith = async (secretId: string): Promise<MysqlAddress> => {
  const environment = environmentOf('mysql');
  const secret = await readSecret(secretId);
  if (secret === undefined) throw new Error('The MySQL secret has no value');
  const { username, password } = Credentials.parse(JSON.parse(secret));
  return {
    host: environment.MYSQL_HOST,
    port: Number(environment.MYSQL_PORT),
    database: environment.MYSQL_DATABASE,
    user: username,
    password,
    tls: tlsOf(environment.MYSQL_TLS),
  };
};

const tlsOf = (mode: ReturnType<typeof environmentOf<'mysql'>>['MYSQL_TLS']): MysqlAddress['tls'] => {
  if (mode === 'off') return false;
  if (mode === 'required') return 'rds';
  const { MYSQL_TLS_CA: ca } = baseEnvironment();
  return { verify: mode, ...(ca === undefined ? {} : { ca }) };
};

/** How a function reaches MySQL: as a user who may read and write rows. */
export const mysqlAddressFromEnvironment = (): Promise<MysqlAddress> =>
  addressWith(environmentOf('mysql').MYSQL_SECRET_ARN);

/** How a migration reaches MySQL: as the owner of the schema. */
export const mysqlOwnerAddress = (): Promise<MysqlAddress> =>
  addressWith(environmentOf('mysql-owner').MYSQL_OWNER_SECRET_ARN);

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

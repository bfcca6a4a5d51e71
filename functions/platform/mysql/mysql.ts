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
  setMaxParserCache,
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
import { holdForCurrentWork, type ResourceHold } from '../run-with-deadline.ts';
import { isDeadlock, retryOnDeadlock } from './deadlocks.ts';
import type { Database } from './schema.ts';

const Credentials = z.object({ username: z.string(), password: z.string() });

const CONNECT_TIMEOUT_MS = 3000;
const QUERY_TIMEOUT_MS = 4000;
/**
 * Size of mysql2's cache of row parsers, which by default reserves memory for 15,000. A function has a few dozen
 * queries at most.
 */
const ROW_PARSERS = 200;
setMaxParserCache(ROW_PARSERS);

/**
 * How long migrations and jobs retry to connect, in milliseconds. An Aurora that has paused at 0 capacity resumes on
 * a connection attempt, within about 15 s, or 30 s and more when it was paused for over a day.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
 */
export const WAKING_MS = 60_000;
const RECONNECT_PAUSE_MS = 500;

// A Lambda execution environment handles one event at a time, and no event runs more than two queries concurrently.
// Few connections per environment keep many environments within Aurora's limit.
const CONNECTIONS_PER_FUNCTION = 2;

/**
 * Session settings that the SQL relies on, whatever the server's defaults are. The isolation level is set by its own
 * statement, since MySQL and MariaDB name its variable differently. RDS Proxy tracks all three and does not pin a
 * connection for them (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html).
 */
const SESSION_SETTINGS: readonly string[] = [
  "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE'",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** TLS to a server that is not Amazon's. Without `ca`, Node.js's own certificate authorities are trusted. */
export interface MysqlTls {
  /** What is verified about the server's certificate: nothing, its issuer, or also its host name. */
  readonly verify: 'nothing' | 'authority' | 'identity';
  /** Certificate authorities in PEM. */
  readonly ca?: string;
}

/** The address of a MySQL server, with credentials. */
export interface MysqlAddress {
  /** A host name, an IP address, or the absolute path of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** `'rds'` trusts Amazon's authorities; `false` means plain text. */
  readonly tls: false | 'rds' | MysqlTls;
}

/**
 * Error numbers of a MySQL that is unavailable for reasons unrelated to the statement. The connection is not reused.
 *
 * - EE_WRITE, EE_DISK_FULL, ER_DISK_FULL, ER_ERROR_ON_WRITE, ER_RECORD_FILE_FULL: its disk is full
 * - ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE: it is read-only, such as a former writer after an Aurora
 *   failover, to which old connections may still lead
 * - ER_TOO_MANY_USER_CONNECTIONS, and 9501 of RDS Proxy, which has waited in vain for a connection to MySQL
 */
const UNAVAILABLE: ReadonlySet<number> = new Set([3, 20, 1021, 1026, 1114, 1290, 1836, 1203, 9501]);

/** Whether an error means that MySQL is unavailable, and not that the SQL is wrong. */
const isConnectionError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code, errno, fatal } = error as Error & { code?: string; errno?: number; fatal?: boolean };
  return (
    fatal === true ||
    UNAVAILABLE.has(errno ?? 0) ||
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

/** Wraps an error in `StoreUnavailableError` when MySQL is unavailable. */
const translate = (error: unknown): unknown =>
  isConnectionError(error) ? new StoreUnavailableError('mysql', error) : error;

/**
 * Adapts a connection of the pool to Kysely, with a timeout for each query. @param onRelease called when the
 * connection is released
 */
const withTimeout = (
  connection: PoolConnection,
  timeoutMs: number,
  onRelease: () => void,
): MysqlPoolConnection => {
  const { threadId } = connection;
  return {
    config: connection.config,
    threadId,
    connect: (callback) => connection.connect((error) => callback?.(error)),
    destroy: () => connection.destroy(),
    release: () => {
      onRelease();
      connection.release();
    },
    query: (text: string, values: unknown[], callback?: (error: unknown, result: never) => void) => {
      const query = connection.query(
        { sql: text, values, timeout: timeoutMs },
        (error: unknown, result: unknown) => {
          // A query that timed out may still be running: its connection must not be reused.
          if (isConnectionError(error)) connection.destroy();
          // Kysely's types are narrower than what its driver accepts.
          callback?.(error === null ? null : translate(error), result as never);
        },
      );
      return { stream: (options) => query.stream(options) };
    },
  };
};

/**
 * Applies the session settings to a new connection, one after the other.
 *
 * @param done called with an error that names the setting which the server rejected: the service's SQL is correct
 *   only under these settings
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

/** Whether MySQL rejected the password, which may have been rotated after it was read. */
const isRefused = (error: Error): boolean => 'code' in error && error.code === 'ER_ACCESS_DENIED_ERROR';

/**
 * Adapts a pool to Kysely: every new connection gets the session settings. When MySQL rejects the password, the
 * current one is read, once per attempt to connect; open connections are not affected. When the work that holds a
 * connection is abandoned, the connection is closed: MySQL then rolls back its transaction, which may hold the row
 * lock of a chat.
 */
const kyselyPool = (
  pool: Pool,
  currentPassword: () => Promise<string>,
  {
    queryTimeoutMs,
    connectRetryMs,
    settings,
  }: {
    readonly queryTimeoutMs: number;
    readonly connectRetryMs: number;
    readonly settings: readonly string[];
  },
): MysqlPool => {
  const wrapped = new WeakMap<PoolConnection, MysqlPoolConnection>();
  /** The work that holds each taken connection. */
  const holds = new WeakMap<PoolConnection, ResourceHold>();
  const take = (
    onTaken: (connection: PoolConnection, adapted: MysqlPoolConnection) => void,
    onError: (error: Error) => void,
  ): void =>
    pool.getConnection((error, connection) => {
      if (error !== null) {
        onError(error);
        return;
      }
      const known = wrapped.get(connection);
      if (known !== undefined) {
        onTaken(connection, known);
        return;
      }
      const fresh = withTimeout(connection, queryTimeoutMs, () => holds.get(connection)?.markReleased());
      applySettings(fresh, settings, (refusal) => {
        if (refusal === undefined) {
          wrapped.set(connection, fresh);
          onTaken(connection, fresh);
          return;
        }
        // Not released into the pool: the next query opens a new connection.
        connection.destroy();
        onError(refusal);
      });
    });
  return {
    getConnection: (callback) => {
      // Kysely does not read the second argument when there is an error.
      const fail = (error: unknown): void => callback(translate(error), undefined as never);
      const hold = holdForCurrentWork();
      const hand = (connection: PoolConnection, adapted: MysqlPoolConnection): void => {
        if (hold.isAbandoned) {
          connection.release();
          fail(new StoreUnavailableError('mysql', new Error('Nobody waits for this work any more')));
          return;
        }
        holds.set(connection, hold);
        hold.markAcquired(() => connection.destroy());
        callback(null, adapted);
      };
      const takeAgain = async (): Promise<void> => {
        try {
          connectionConfigOf(pool).password = await currentPassword();
        } catch (error) {
          fail(error);
          return;
        }
        take(hand, fail);
      };
      const giveUpAt = performance.now() + connectRetryMs;
      const tryToTake = (): void =>
        take(hand, (error) => {
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

/** The configuration of a pool's next connection, which mysql2's types do not declare. */
const connectionConfigOf = (pool: Pool): { password: string } =>
  (pool.config as PoolOptions & { readonly connectionConfig: { password: string } }).connectionConfig;

/** The options of a pool's connections. */
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
    ? // mysql2 has the certificate authorities of RDS and its proxy, which Node.js lacks.
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
    // `query()` uses no prepared statements. By default mysql2 reserves memory for 16,000: 640 KB per connection.
    maxPreparedStatements: 1,
    enableKeepAlive: true,
    multipleStatements: false,
  });
};

/**
 * Retries a statement that InnoDB rolled back to resolve a deadlock, when the statement is a transaction by itself,
 * such as a `CALL` of a routine. `inTransaction` retries transactions of several statements as a whole.
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
 * Runs a transaction of several statements, and retries it when InnoDB rolled it back to resolve a deadlock.
 *
 * @param work may run several times: it must have no side effects outside of MySQL
 * @throws StoreUnavailableError when the last retry ends in a deadlock, too
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

/** `lock_wait_timeout` concerns metadata locks, `innodb_lock_wait_timeout` row locks. */
const lockWaitSettings = (seconds: number | undefined): readonly string[] =>
  seconds === undefined ? [] : [`SET lock_wait_timeout = ${seconds}, innodb_lock_wait_timeout = ${seconds}`];

/**
 * Opens a Kysely instance on an address, for a function, a migration or a test.
 *
 * @param address read for the first connection, and again when MySQL rejects the password
 * @param options.connectRetryMs how long connecting to an unavailable server is retried, in milliseconds; by default
 *   not at all
 * @param options.onQuery called with every statement
 * @param options.settings statements that each new connection runs first; by default the service's session settings
 * @param options.lockWaitSeconds how long a statement waits for a row lock or a metadata lock before it fails; by
 *   default as the server is configured
 */
export const openMysql = (
  address: () => Promise<MysqlAddress>,
  options: {
    readonly connections: number;
    readonly queryTimeoutMs?: number;
    readonly connectRetryMs?: number;
    readonly onQuery?: Logger;
    readonly settings?: readonly string[];
    readonly lockWaitSeconds?: number;
  },
): Kysely<Database> =>
  new Kysely<Database>({
    ...(options.onQuery === undefined ? {} : { log: options.onQuery }),
    dialect: new RetryingMysqlDialect({
      pool: async () => {
        const pool = poolOf(await address(), options.connections);
        const currentPassword = async (): Promise<string> => (await address()).password;
        const {
          queryTimeoutMs = QUERY_TIMEOUT_MS,
          connectRetryMs = 0,
          settings = SESSION_SETTINGS,
        } = options;
        const lockWait = lockWaitSettings(options.lockWaitSeconds);
        return kyselyPool(pool, currentPassword, {
          queryTimeoutMs,
          connectRetryMs,
          settings: [...settings, ...lockWait],
        });
      },
    }),
  });

/** The address from the function's environment, with user and password from a secret. */
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

/** The address for functions, with a user who may read and write rows. */
export const mysqlAddressFromEnvironment = (): Promise<MysqlAddress> =>
  addressWith(environmentOf('mysql').MYSQL_SECRET_ARN);

/** The address for migrations, with the owner of the schema. */
export const mysqlOwnerAddress = (): Promise<MysqlAddress> =>
  addressWith(environmentOf('mysql-owner').MYSQL_OWNER_SECRET_ARN);

let instance: Kysely<Database> | undefined;

/**
 * The MySQL of this execution environment, opened on the first call and reused by later invocations. A job waits up
 * to `WAKING_MS` for a paused Aurora, where a request would fail with 503.
 */
export const mysql = (): Kysely<Database> =>
  (instance ??= openMysql(mysqlAddressFromEnvironment, {
    connections: CONNECTIONS_PER_FUNCTION,
    connectRetryMs: baseEnvironment().MYSQL_WAITS === 'on' ? WAKING_MS : 0,
  }));

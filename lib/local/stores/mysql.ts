import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection } from 'mysql2/promise';
import type { MysqlAddress } from '../../../functions/platform/mysql/mysql.ts';
import { runProgram } from '../child-process.ts';
import { replaceFile } from '../replace-file.ts';
import { secondsSince } from '../seconds-since.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-port.ts';
import { connectToMysql } from './mysql-connection.ts';
import { parseMysqlUrl } from './mysql-url.ts';
import { keepRunning, startServerProcess, type ServerProcess } from './server-process.ts';

/** The address of a MySQL server, and how it was found or started. */
export interface LocalMysql extends MysqlAddress {
  readonly kind: 'configured' | 'local' | 'installed' | 'memory-server';
  /** One line for people: which server it is. */
  readonly description: string;
  stop(): Promise<void>;
}

/** Lookups on the machine; tests pass their own. */
export interface MysqlEffects {
  readonly findServer: () => string | undefined;
  /** Whether packages can be installed: on Debian or Ubuntu, as root. */
  readonly canInstall: () => boolean;
  readonly install: (signal?: AbortSignal) => Promise<void>;
  /** Starts `mysql-memory-server`, which downloads a server. */
  readonly startMemoryServer: (database: string) => Promise<MemoryServer>;
}

interface MemoryServer {
  readonly port: number;
  readonly version: string;
  readonly stop: () => Promise<void>;
}

export interface MysqlOptions {
  /** A folder used only by MySQL; its data survives a restart. */
  readonly dataDirectory: string;
  readonly database: string;
  readonly log: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
  readonly effects?: MysqlEffects;
  /** Aborts the start. */
  readonly signal?: AbortSignal | undefined;
}

const liveEffects: MysqlEffects = {
  findServer: () => findBinary(['mariadbd', 'mysqld']),
  canInstall: () =>
    process.getuid?.() === 0 && existsSync('/etc/debian_version') && findBinary(['apt-get']) !== undefined,
  install: async (signal) => {
    // On SIGINT, apt-get aborts a download, but finishes what dpkg is unpacking.
    const options = {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      signal,
      stopBy: 'SIGINT',
    } as const;
    const install = () =>
      runProgram('apt-get', ['install', '-y', '--no-install-recommends', 'mariadb-server-core'], options);
    try {
      await install();
    } catch {
      // A fresh machine has no package lists, and an old one has outdated ones.
      await runProgram('apt-get', ['update'], options);
      await install();
    }
  },
  startMemoryServer: async (database) => {
    const { createDB } = await import('mysql-memory-server');
    const server = await createDB({
      dbName: database,
      username: 'root',
      logLevel: 'ERROR',
      // Disabled as for the private server below: this protocol listens on all interfaces.
      xEnabled: 'OFF',
    });
    return {
      port: server.port,
      version: server.mysql.version,
      stop: async () => {
        await server.stop();
      },
    };
  },
};

const connectAsRoot = (socketPath: string): Promise<Connection> =>
  createConnection({ socketPath, user: 'root' });

/** How long a server may take until it responds, in milliseconds. */
const START_MS = 60_000;
const RETRY_MS = 25;

const waitUntilUp = async (
  server: ServerProcess,
  socketPath: string,
  signal?: AbortSignal,
): Promise<Connection> => {
  const deadline = performance.now() + START_MS;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await connectAsRoot(socketPath);
    } catch (error) {
      if (server.hasExited() || performance.now() > deadline) {
        const how = server.hasExited() ? ` (${server.howItEnded()})` : '';
        throw new Error(`MySQL did not start${how}. Its last words:\n${server.lastWords()}`, {
          cause: error,
        });
      }
      await sleep(RETRY_MS);
    }
  }
};

/** mysqld refuses to run as root without this option. */
const asUser = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** A server deletes all temporary tables in this folder when it starts, so no other server may share it. */
const temporaryFolder = (dataFolder: string): string => {
  const folder = join(dataFolder, '..', 'tmp');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
};

/** The folder with the SQL of MariaDB's system tables; undefined for MySQL. */
const systemTablesOf = (program: string): string | undefined =>
  ['../share/mysql', '../share/mariadb', '../../share/mysql', '../../share/mariadb']
    .map((folder) => join(realpathSync(program), '..', folder))
    .find((folder) => existsSync(join(folder, 'mysql_system_tables.sql')));

/**
 * Creates MariaDB's system tables, like `mariadb-install-db`, but without that script: it needs a program of the
 * client's package.
 */
const bootstrap = async (
  program: string,
  dataFolder: string,
  sqlFolder: string,
  signal?: AbortSignal,
): Promise<void> => {
  const sql = [
    'CREATE DATABASE IF NOT EXISTS mysql;',
    'USE mysql;',
    // The super-user has no password: only the owner of the folder can reach the socket.
    'SET @auth_root_socket = NULL;',
    ...['mysql_system_tables.sql', 'mysql_system_tables_data.sql'].map((file) =>
      readFileSync(join(sqlFolder, file), 'utf8'),
    ),
  ].join('\n');
  await runProgram(
    program,
    [
      '--no-defaults',
      '--bootstrap',
      `--datadir=${dataFolder}`,
      `--tmpdir=${temporaryFolder(dataFolder)}`,
      '--skip-log-bin',
      '--performance-schema=OFF',
      ...asUser(),
    ],
    { signal, input: sql },
  );
};

const initialize = async (program: string, dataDirectory: string, signal?: AbortSignal): Promise<void> => {
  const dataFolder = join(dataDirectory, 'data');
  // A folder whose initialization was interrupted cannot be used.
  rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const folder = systemTablesOf(program);
  if (folder === undefined) {
    // MySQL's system tables are built into the program.
    await runProgram(
      program,
      ['--no-defaults', '--initialize-insecure', `--datadir=${dataFolder}`, ...asUser()],
      { signal },
    );
  } else {
    await bootstrap(program, dataFolder, folder, signal);
  }
  writeFileSync(join(dataDirectory, 'initialized'), '');
};

/** Stops a server that a killed run of the local cloud left behind, because it still holds the lock on the data. */
const stopLeftover = async (dataDirectory: string, log: (line: string) => void): Promise<void> => {
  const pidFile = join(dataDirectory, 'server.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').trim());
  let command = '';
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return;
  }
  // The pid may have been reused for another process.
  if (!command.includes(join(dataDirectory, 'data'))) return;
  log(`MySQL of an earlier run still runs (pid ${pid}); stopping it`);
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + 10_000;
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(RETRY_MS);
  }
};

const USER = 'chat';

/**
 * The owner's password: generated once, in a file that only the owner of the folder can read. A file that is empty
 * after a power cut gets another one.
 */
const passwordOf = (dataDirectory: string): string => {
  const file = join(dataDirectory, 'password');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (kept !== '') return kept;
  const password = randomBytes(24).toString('base64url');
  replaceFile(file, password);
  return password;
};

const prepareDatabase = async (root: Connection, database: string, password: string): Promise<string> => {
  await root.query(
    `CREATE DATABASE IF NOT EXISTS ${root.escapeId(database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  );
  for (const host of ['localhost', '127.0.0.1']) {
    const account = `${root.escape(USER)}@${root.escape(host)}`;
    const identified = `${account} IDENTIFIED BY ${root.escape(password)}`;
    await root.query(`CREATE USER IF NOT EXISTS ${identified}`);
    await root.query(`ALTER USER ${identified}`);
    // Like the master user of Aurora: it owns the schema, and creates the user who reads and writes rows.
    await root.query(`GRANT ALL PRIVILEGES ON ${root.escapeId(database)}.* TO ${account} WITH GRANT OPTION`);
    await root.query(`GRANT CREATE USER ON *.* TO ${account}`);
  }
  // The super-user stays accessible through the socket, which only the owner of the folder can open.
  await root
    .query("DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost'")
    .catch(() => undefined);
  await root.query('FLUSH PRIVILEGES');
  const [rows] = await root.query('SELECT VERSION() AS version');
  return (rows as { version: string }[])[0]?.version ?? 'of unknown version';
};

const startPrivate = async (
  program: string,
  kind: 'local' | 'installed',
  { dataDirectory, database, log, signal }: MysqlOptions,
): Promise<LocalMysql> => {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  await stopLeftover(dataDirectory, log);
  if (!existsSync(join(dataDirectory, 'initialized'))) {
    const startedAt = performance.now();
    await initialize(program, dataDirectory, signal);
    log(`Made the folder of a new MySQL in ${secondsSince(startedAt)} s`);
  }
  signal?.throwIfAborted();

  const port = await freePort();
  // A socket's path is limited to 107 characters. Whoever can open it is the super-user, so its folder is accessible
  // only to its owner.
  const ownSocket = join(dataDirectory, 'mysql.sock');
  const socketFolder = ownSocket.length < 100 ? undefined : mkdtempSync(join(tmpdir(), 'chat-mysql-'));
  const socketPath = socketFolder === undefined ? ownSocket : join(socketFolder, 'mysql.sock');
  const start = (): Promise<ServerProcess> =>
    startServerProcess(
      program,
      [
        // The machine's configuration files are for a system-wide server, not for this one.
        '--no-defaults',
        ...asUser(),
        `--datadir=${join(dataDirectory, 'data')}`,
        `--tmpdir=${temporaryFolder(join(dataDirectory, 'data'))}`,
        `--socket=${socketPath}`,
        `--pid-file=${join(dataDirectory, 'server.pid')}`,
        '--bind-address=127.0.0.1',
        // MySQL's X Protocol has its own address and port, open to everyone by default; MariaDB has none.
        '--loose-mysqlx=OFF',
        `--port=${port}`,
        '--skip-name-resolve',
        '--skip-log-bin',
        '--performance-schema=OFF',
        '--default-time-zone=+00:00',
        '--character-set-server=utf8mb4',
        '--collation-server=utf8mb4_unicode_ci',
        '--max-connections=500',
        '--innodb-buffer-pool-size=256M',
        // A commit is on disk before it is acknowledged.
        '--innodb-flush-log-at-trx-commit=1',
      ],
      join(dataDirectory, 'server.log'),
    );
  const server = await start();
  let stopServer = (): Promise<void> => server.stop();

  const stop = async (): Promise<void> => {
    await stopServer();
    if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
  };

  try {
    const root = await waitUntilUp(server, socketPath, signal);
    const password = passwordOf(dataDirectory);
    const version = await prepareDatabase(root, database, password);
    await root.end();
    stopServer = keepRunning(server, start, {
      name: 'MySQL',
      log,
      answers: async (restarted) => (await waitUntilUp(restarted, socketPath)).end(),
    });
    const origin = kind === 'installed' ? 'just installed' : 'found on this machine';
    return {
      host: '127.0.0.1',
      port,
      user: USER,
      password,
      database,
      tls: false,
      kind,
      description: `MySQL: ${program} ${version}, ${origin}, port ${port}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** The user may not create databases: ER_DBACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR. */
const MAY_NOT_CREATE = new Set<unknown>([1044, 1227]);

/** Creates the database if it is missing. A user without that right can still use one that exists. */
const createDatabase = async (connection: Connection, database: string): Promise<void> => {
  const name = connection.escapeId(database);
  try {
    await connection.query(
      `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    );
  } catch (error) {
    if (!MAY_NOT_CREATE.has((error as { errno?: unknown }).errno)) throw error;
  }
  await connection.query(`USE ${name}`);
};

const useConfigured = async (text: string): Promise<LocalMysql> => {
  const address = parseMysqlUrl(text);
  const { host, port, database, tls } = address;
  const place = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    const { database: _, ...server } = address;
    const connection = await connectToMysql(server, { connectTimeout: 5000 });
    try {
      await createDatabase(connection, database);
    } finally {
      await connection.end();
    }
  } catch (error) {
    // An AggregateError, from several addresses of one host, has no message of its own.
    const { message, code } = error as Error & { code?: string };
    throw new Error(
      `The MySQL that MYSQL_URL names, ${place}/${database}, cannot be used: ${message || code}`,
      {
        cause: error,
      },
    );
  }
  return {
    ...address,
    kind: 'configured',
    description: `MySQL: the one that MYSQL_URL names, ${place}/${database}${tls === false ? '' : ', by TLS'}`,
    stop: async () => undefined,
  };
};

/**
 * A MySQL server for one machine, the first available of: the one in `MYSQL_URL`; a private instance of an installed
 * server; a private instance of a server that is installed now, where that is possible; one that
 * `mysql-memory-server` downloads.
 *
 * @throws Error with one sentence on what to install, when none is available
 */
export const startMysql = async (options: MysqlOptions): Promise<LocalMysql> => {
  const effects = options.effects ?? liveEffects;
  const url = (options.environment ?? process.env)['MYSQL_URL'];
  if (url !== undefined && url !== '') return useConfigured(url);

  const present = effects.findServer();
  if (present !== undefined) return startPrivate(present, 'local', options);

  if (effects.canInstall()) {
    const startedAt = performance.now();
    options.log('MySQL: installing mariadb-server-core with apt-get; this takes a minute, once');
    try {
      await effects.install(options.signal);
      options.log(`MySQL: installed mariadb-server-core in ${secondsSince(startedAt)} s`);
      const installed = effects.findServer();
      if (installed !== undefined) return await startPrivate(installed, 'installed', options);
    } catch (error) {
      options.signal?.throwIfAborted();
      options.log(
        `MySQL: apt-get could not install it (${error instanceof Error ? error.message : 'unknown'})`,
      );
    }
  }

  options.log('MySQL: none on this machine; trying mysql-memory-server, which downloads one');
  try {
    const server = await effects.startMemoryServer(options.database);
    return {
      host: '127.0.0.1',
      port: server.port,
      user: 'root',
      password: '',
      database: options.database,
      tls: false,
      kind: 'memory-server',
      description: `MySQL: mysql-memory-server ${server.version}, port ${server.port}; its data is gone when it stops`,
      stop: server.stop,
    };
  } catch (error) {
    throw new Error(
      'There is no MySQL: install MariaDB (Debian, Ubuntu: apt-get install mariadb-server-core; macOS: brew install mariadb), or set MYSQL_URL=mysql://user:password@host:3306/database.',
      { cause: error },
    );
  }
};

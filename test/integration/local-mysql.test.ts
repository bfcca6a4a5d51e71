import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { suite, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { findBinary } from '../../lib/local/stores/find-binary.ts';
import { connectToMysql } from '../../lib/local/stores/mysql-connection.ts';
import { parseMysqlUrl } from '../../lib/local/stores/mysql-url.ts';
import { startMysql, type LocalMysql, type MysqlEffects } from '../../lib/local/stores/mysql.ts';

const hasServer = findBinary(['mariadbd', 'mysqld']) !== undefined;

const folder = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'local-mysql-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

const connect = ({ host, port, user, password, database }: LocalMysql): Promise<Connection> =>
  createConnection({ host, port, user, password, database });

/** Fakes of the machine's effects; effects that are not given must not be used. */
const effects = (given: Partial<MysqlEffects>): MysqlEffects => ({
  findServer: () => undefined,
  canInstall: () => false,
  install: () => Promise.reject(new Error('not expected')),
  startMemoryServer: () => Promise.reject(new Error('no network')),
  ...given,
});

const withTls = (url: string): string => `${url.replace(/\?.*$/, '')}?ssl-mode=REQUIRED`;

/** The reason why TLS cannot be tested, or false. */
const NO_TLS = await (async () => {
  const url = process.env['MYSQL_URL'];
  if (url === undefined || url === '')
    return 'the private server has no certificate: MYSQL_URL names none that has one';
  const connection = await connectToMysql(parseMysqlUrl(url.replace(/\?.*$/, '')));
  const [rows] = await connection.query<RowDataPacket[]>("SHOW VARIABLES LIKE 'have_ssl'");
  await connection.end();
  return rows[0]?.['Value'] === 'YES' ? false : 'the server that MYSQL_URL names lacks TLS';
})();

/** The TCP addresses on which a process listens; read from Linux's /proc. */
const listeningOf = (pid: string): string[] => {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      // One that was closed in the meantime is none.
      if (!existsSync(`/proc/${pid}/fd/${fd}`)) return [];
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    }),
  );
  return ['tcp', 'tcp6'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map((fields) => {
        const [address = '', port = ''] = (fields[1] ?? '').split(':');
        const host = address === '0100007F' ? '127.0.0.1' : address;
        return `${host}:${Number.parseInt(port, 16)}`;
      }),
  );
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

suite('a private MySQL', { skip: !hasServer }, () => {
  test('is made once, keeps its data, and is closed to others', async (t) => {
    const dataDirectory = folder(t);
    const options = { dataDirectory, database: 'chat', log: () => undefined, environment: {} };
    const first = await startMysql(options);
    try {
      assert.equal(first.kind, 'local');
      assert.equal(statSync(join(dataDirectory, 'password')).mode & 0o777, 0o600);
      const connection = await connect(first);
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT @@sql_mode AS mode, @@time_zone AS zone, @@character_set_server AS characters,
           @@max_connections AS connections, @@log_bin AS binlog, @@innodb_flush_log_at_trx_commit AS flush`,
      );
      const [row] = rows;
      assert.match(String(row?.['mode']), /STRICT_TRANS_TABLES/);
      assert.equal(row?.['zone'], '+00:00');
      assert.equal(row['characters'], 'utf8mb4');
      assert.ok(Number(row['connections']) >= 500);
      assert.equal(row['binlog'], 0);
      assert.equal(row['flush'], 1);
      await connection.query('CREATE TABLE kept (word VARCHAR(20))');
      await connection.query("INSERT INTO kept VALUES ('stays')");
      const elsewhere = connection.query('CREATE DATABASE other');
      await assert.rejects(elsewhere, { code: 'ER_DBACCESS_DENIED_ERROR' });
      await connection.end();
      const { host, port } = first;
      for (const user of ['root', '']) {
        await assert.rejects(createConnection({ host, port, user }), { code: 'ER_ACCESS_DENIED_ERROR' });
      }
    } finally {
      await first.stop();
    }
    const second = await startMysql(options);
    await second.stop();
    assert.equal(second.password, first.password);
    // As a power cut may leave it.
    writeFileSync(join(dataDirectory, 'password'), '');
    const third = await startMysql(options);
    try {
      assert.notEqual(third.password, '');
      const connection = await connect(third);
      const [rows] = await connection.query<RowDataPacket[]>('SELECT word FROM kept');
      assert.deepEqual(
        rows.map((row) => row['word'] as string),
        ['stays'],
      );
      await connection.end();
    } finally {
      await third.stop();
    }
  });

  test('that ends by itself is started again, with its data and on its port', async (t) => {
    const dataDirectory = folder(t);
    const lines: string[] = [];
    const mysql = await startMysql({
      dataDirectory,
      database: 'chat',
      log: (line) => lines.push(line),
      environment: {},
    });
    try {
      const before = await connect(mysql);
      before.on('error', () => undefined);
      await before.query('CREATE TABLE kept (word VARCHAR(20))');
      process.kill(Number(readFileSync(join(dataDirectory, 'server.pid'), 'utf8').trim()), 'SIGKILL');
      let again: Connection | undefined;
      for (const deadline = Date.now() + 60_000; again === undefined;) {
        again = await connect(mysql).catch(() => undefined);
        assert.ok(Date.now() < deadline, lines.join('\n'));
        await new Promise((resolve) => void setTimeout(resolve, 50));
      }
      await again.query("INSERT INTO kept VALUES ('stays')");
      await again.end();
      while (!lines.includes('MySQL answers again')) {
        await new Promise((resolve) => void setTimeout(resolve, 50));
      }
      assert.deepEqual(
        lines.filter((line) => /^MySQL (?:ended|answers)/.test(line)),
        ['MySQL ended by itself (signal SIGKILL) and is started again', 'MySQL answers again'],
      );
    } finally {
      await mysql.stop();
    }
    await assert.rejects(connect(mysql), { code: 'ECONNREFUSED' });
  });

  test('left behind by an earlier run is stopped first', async (t) => {
    const dataDirectory = folder(t);
    const options = { dataDirectory, database: 'chat', log: () => undefined, environment: {} };
    const abandoned = await startMysql(options);
    const pid = Number(readFileSync(join(dataDirectory, 'server.pid'), 'utf8'));
    t.after(() => abandoned.stop());
    const next = await startMysql(options);
    try {
      assert.equal(isAlive(pid), false);
      await (await connect(next)).end();
    } finally {
      await next.stop();
    }
  });

  test('leaves the process alone that has the number of an earlier server', async (t) => {
    const dataDirectory = folder(t);
    writeFileSync(join(dataDirectory, 'server.pid'), String(process.pid));
    const server = await startMysql({
      dataDirectory,
      database: 'chat',
      log: () => undefined,
      environment: {},
    });
    await server.stop();
    assert.ok(isAlive(process.pid));
  });

  test('is what MYSQL_URL names, with its database made when it is missing', async (t) => {
    const options = { database: 'chat', log: () => undefined };
    const own = await startMysql({ ...options, dataDirectory: folder(t), environment: {} });
    try {
      const url = `mysql://${own.user}:${own.password}@127.0.0.1:${own.port}/chat`;
      const named = await startMysql({
        ...options,
        dataDirectory: folder(t),
        environment: { MYSQL_URL: url },
        effects: effects({ findServer: () => assert.fail('nothing else is asked') }),
      });
      assert.equal(named.kind, 'configured');
      assert.ok(!named.description.includes(own.password));
      await (await connect(named)).end();
    } finally {
      await own.stop();
    }
  });

  test('that MYSQL_URL names is reached by its socket, or by TLS, or not at all', async (t) => {
    const dataDirectory = folder(t);
    const options = { database: 'talk', log: () => undefined };
    const own = await startMysql({ ...options, dataDirectory, environment: {} });
    const at = (host: string, query: string): Promise<LocalMysql> =>
      startMysql({
        ...options,
        dataDirectory: folder(t),
        environment: { MYSQL_URL: `mysql://${own.user}:${own.password}@${host}/talk${query}` },
      });
    try {
      const bySocket = await at('localhost', `?socketPath=${join(dataDirectory, 'mysql.sock')}`);
      const db = openMysql(async () => bySocket, { connections: 1 });
      const { rows } = await sql<{ host: string }>`
        SELECT HOST AS host FROM information_schema.processlist WHERE ID = CONNECTION_ID()`.execute(db);
      await db.destroy();
      // By TCP it has a port.
      assert.equal(rows[0]?.host, 'localhost');
      // This server knows no TLS: what was asked for is not left out.
      const refused =
        /The MySQL that MYSQL_URL names, 127\.0\.0\.1:\d+\/talk, cannot be used: .*(secure|SSL|TLS)/i;
      await assert.rejects(at(`127.0.0.1:${own.port}`, '?ssl-mode=REQUIRED'), refused);
      const { port } = own;
      await own.stop();
      await assert.rejects(at(`127.0.0.1:${port}`, ''), /The MySQL that MYSQL_URL names, 127.*ECONNREFUSED/);
    } finally {
      await own.stop();
    }
  });

  test('that MYSQL_URL names is reached by TLS', { skip: NO_TLS }, async (t) => {
    const environment = { MYSQL_URL: withTls(process.env['MYSQL_URL'] ?? '') };
    const options = { database: 'chat', log: () => undefined, dataDirectory: folder(t) };
    const named = await startMysql({ ...options, environment });
    assert.match(named.description, /by TLS$/);
    const db = openMysql(async () => named, { connections: 1 });
    t.after(() => db.destroy());
    const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Ssl_cipher'`.execute(db);
    assert.notEqual(rows[0]?.Value, '');
  });

  test('listens on this machine only', { skip: !existsSync('/proc/net/tcp') }, async (t) => {
    const dataDirectory = folder(t);
    const own = await startMysql({ dataDirectory, database: 'chat', log: () => undefined, environment: {} });
    t.after(() => own.stop());
    const pid = readFileSync(join(dataDirectory, 'server.pid'), 'utf8').trim();
    assert.deepEqual(listeningOf(pid), [`127.0.0.1:${own.port}`]);
  });

  test('is installed where that is possible', async (t) => {
    const program = findBinary(['mariadbd', 'mysqld']);
    let installed = false;
    const lines: string[] = [];
    const server = await startMysql({
      dataDirectory: folder(t),
      database: 'chat',
      log: (line) => lines.push(line),
      environment: {},
      effects: effects({
        findServer: () => (installed ? program : undefined),
        canInstall: () => true,
        install: async () => {
          installed = true;
        },
      }),
    });
    await server.stop();
    assert.equal(server.kind, 'installed');
    assert.match(lines.join('\n'), /takes a minute/);
  });
});

suite('without a server', () => {
  const options = { database: 'chat', log: () => undefined, environment: {} };

  test('one is downloaded', async (t) => {
    const server = await startMysql({
      ...options,
      dataDirectory: folder(t),
      effects: effects({
        startMemoryServer: async () => ({ port: 3999, version: '8.4.0', stop: async () => undefined }),
      }),
    });
    assert.equal(server.kind, 'memory-server');
    assert.equal(server.port, 3999);
  });

  test('and without a way to get one, it says what to install', async (t) => {
    const started = startMysql({
      ...options,
      dataDirectory: folder(t),
      effects: effects({
        canInstall: () => true,
        install: () => Promise.reject(new Error('no network')),
      }),
    });
    await assert.rejects(started, /install MariaDB .* or set MYSQL_URL=/);
  });
});

test('a password that was changed is read again, once', { skip: !hasServer }, async (t) => {
  const server = await startMysql({
    dataDirectory: folder(t),
    database: 'chat',
    log: () => undefined,
    environment: {},
  });
  const { host, port, database, user } = server;
  const passwords = ['outdated', 'outdated', server.password];
  let asked = 0;
  const db = openMysql(
    async () => ({ host, port, database, user, password: passwords[asked++] ?? '', tls: false }),
    { connections: 1 },
  );
  try {
    await assert.rejects(sql`SELECT 1`.execute(db), { code: 'ER_ACCESS_DENIED_ERROR' });
    await sql`SELECT 1`.execute(db);
    assert.equal(asked, 3);
  } finally {
    await db.destroy();
    await server.stop();
  }
});

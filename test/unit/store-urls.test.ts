import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { MysqlAddress } from '../../functions/platform/mysql/mysql.ts';
import { openMongodb } from '../../functions/platform/mongodb.ts';
import { parseMongodbUrl } from '../../lib/local/stores/mongodb-url.ts';
import { mysqlUrlOf, parseMysqlUrl } from '../../lib/local/stores/mysql-url.ts';
import { storeVariables } from '../../lib/local/stores/store-variables.ts';

const plain = {
  host: 'db.example',
  port: 3306,
  database: 'talk',
  user: 'me',
  password: 'p@ss:w/rd#?%é',
  tls: false,
} as const;
const account = `me:${encodeURIComponent(plain.password)}`;

suite('MYSQL_URL', () => {
  test('every part counts', () => {
    const cases: Readonly<Record<string, unknown>> = {
      [`mysql://${account}@db.example/talk`]: plain,
      [`mariadb://${account}@db.example:3307/talk`]: { ...plain, port: 3307 },
      [`mysql://${account}@[::1]:3307/talk`]: { ...plain, host: '::1', port: 3307 },
      [`mysql://me@db.example/talk`]: { ...plain, password: '' },
      [`mysql://m%C3%A9%40x:@db.example/Gespr%C3%A4ch%2F1`]: {
        ...plain,
        user: 'mé@x',
        password: '',
        database: 'Gespräch/1',
      },
      [`mysql://${account}@localhost/talk?socketPath=%2Frun%2Fmysqld.sock`]: {
        ...plain,
        host: '/run/mysqld.sock',
      },
      [`mysql://${account}@/talk?socket=/run/mysqld.sock`]: { ...plain, host: '/run/mysqld.sock' },
      [`mysql://${account}@db.example/talk?ssl-mode=DISABLED`]: plain,
      [`mysql://${account}@db.example/talk?ssl-mode=required`]: { ...plain, tls: { verify: 'nothing' } },
      [`mysql://${account}@db.example/talk?sslmode=verify-ca`]: { ...plain, tls: { verify: 'authority' } },
      [`mysql://${account}@db.example/talk?ssl-mode=VERIFY_IDENTITY`]: {
        ...plain,
        tls: { verify: 'identity' },
      },
      [`mysql://${account}@db.example/talk?ssl=true`]: { ...plain, tls: { verify: 'identity' } },
      [`mysql://${account}@db.example/talk?ssl=0`]: plain,
      [`mysql://${account}@db.example/talk?ssl={"rejectUnauthorized":false}`]: {
        ...plain,
        tls: { verify: 'nothing' },
      },
      [`mysql://${account}@127.0.0.1/talk?ssl=%7B%22verifyIdentity%22%3Afalse%7D`]: {
        ...plain,
        host: '127.0.0.1',
        tls: { verify: 'authority' },
      },
    };
    for (const [url, expected] of Object.entries(cases)) assert.deepEqual(parseMysqlUrl(url), expected, url);
  });

  test('an authority of one’s own is read from its file', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mysql-url-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, 'PEM');
    const { tls } = parseMysqlUrl(`mysql://${account}@db.example/talk?ssl-ca=${encodeURIComponent(file)}`);
    assert.deepEqual(tls, { verify: 'authority', ca: 'PEM' });
  });

  test('what is not understood is refused, by a sentence that names the variable and no secret', () => {
    const url = (rest: string): string => `mysql://me:hunter2@${rest}`;
    const cases: Readonly<Record<string, RegExp>> = {
      'db.example': /shape mysql:/,
      'postgres://me:hunter2@db.example/talk': /postgres:\/\//,
      'mysql://me:hunter2/x@db.example/talk': /percent-encode/,
      'mysql://me:hunter2#x@db.example/talk': /percent-encode|%23/,
      'mysql://me:hunter2%@db.example/talk': /%25/,
      'mysql://:hunter2@db.example/talk': /names no user/,
      [url('db.example')]: /names no database/,
      [url('db.example/')]: /names no database/,
      [url('db.example/a/b')]: /%2F/,
      [url(`db.example/${'x'.repeat(65)}`)]: /64 characters/,
      [url('db.example:0/talk')]: /port 0/,
      [url('db.example:99999/talk')]: /shape/,
      [url('[::1/talk')]: /shape/,
      [url('db.example/talk#x')]: /#/,
      [url('db.example/talk?charset=latin1')]: /option "charset"/,
      [url('db.example/talk?constructor=1')]: /option "constructor"/,
      [url('db.example/talk?ssl-mode=PREFERRED')]: /ssl-mode=PREFERRED/,
      [url('db.example/talk?ssl-mode=REQUIRED&sslmode=DISABLED')]: /more than once/,
      [url('db.example/talk?ssl-mode=REQUIRED&ssl=false')]: /both/,
      [url('db.example/talk?ssl=Amazon%20RDS')]: /ssl option/,
      [url('db.example/talk?ssl={"ca":"x"}')]: /"ca"/,
      [url('db.example/talk?ssl-ca=/nowhere.pem')]: /\/nowhere\.pem/,
      [url('db.example/talk?ssl-ca=/nowhere.pem&ssl=false')]: /disabled/,
      [url('127.0.0.1/talk?ssl=true')]: /identity of an address/,
      [url('[::1]/talk?ssl=true')]: /identity of an address/,
      [url('db.example/talk?socketPath=/run/mysqld.sock')]: /db\.example/,
      [url('localhost/talk?socketPath=mysqld.sock')]: /absolute/,
    };
    for (const [text, expected] of Object.entries(cases)) {
      assert.throws(
        () => parseMysqlUrl(text),
        ({ message }: Error) =>
          message.startsWith('MYSQL_URL ') && expected.test(message) && !message.includes('hunter2'),
        text,
      );
    }
  });

  test('is written as it is read', () => {
    for (const address of [plain, { ...plain, host: '::1' }, { ...plain, host: '/run/my sql.sock' }]) {
      assert.deepEqual(parseMysqlUrl(mysqlUrlOf(address)), address);
    }
  });
});

suite('MONGODB_URL', () => {
  test('its database and hosts are known; its account and options are the driver’s', () => {
    const cases: Readonly<Record<string, readonly [hosts: string, database: string | undefined]>> = {
      'mongodb://db.example': ['db.example', undefined],
      'mongodb://db.example:27018/': ['db.example:27018', undefined],
      'mongodb://me:p%40ss@db.example/talk': ['db.example', 'talk'],
      'mongodb://[::1]:27017/talk?directConnection=true': ['[::1]:27017', 'talk'],
      'mongodb://a.example:1,b.example:2/talk?replicaSet=rs&authSource=admin&tls=true': [
        'a.example:1,b.example:2',
        'talk',
      ],
      'mongodb+srv://me:p%40ss@cluster.example/?retryWrites=true&w=majority&appName=mine': [
        'cluster.example',
        undefined,
      ],
      'mongodb://db.example?tls=false': ['db.example', undefined],
    };
    for (const [url, [hosts, database]] of Object.entries(cases)) {
      assert.deepEqual(parseMongodbUrl(url), { url, hosts, database }, url);
    }
  });

  test('what is not understood, or would break a promise, is refused', () => {
    const cases: Readonly<Record<string, RegExp>> = {
      'db.example': /shape/,
      'mysql://me:hunter2@db.example/talk': /shape/,
      'mongodb://me:hunter2@x@db.example/talk': /percent-encode/,
      'mongodb://me:hunter2%@db.example/talk': /%25/,
      'mongodb://me:hunter2@db.example/a.b': /"a\.b"/,
      'mongodb://me:hunter2@db.example/talk?nonsense=1': /nonsense/,
      'mongodb://me:hunter2@db.example/talk?tls=perhaps': /tls/,
      'mongodb://me:hunter2@db.example/talk?w=0': /w=0/,
      'mongodb://me:hunter2@db.example/talk?W=1': /W=1/,
      'mongodb://me:hunter2@db.example/talk?journal=false': /journal=false/,
      'mongodb://me:hunter2@db.example/talk?readPreference=secondary': /readPreference=secondary/,
    };
    for (const [text, expected] of Object.entries(cases)) {
      assert.throws(
        () => parseMongodbUrl(text),
        ({ message }: Error) =>
          message.startsWith('MONGODB_URL ') && expected.test(message) && !message.includes('hunter2'),
        text,
      );
    }
  });

  test('its options win over the service’s own, but for the write concern', () => {
    const { options } = openMongodb(
      'mongodb://db.example/?appname=mine&maxPoolSize=9&wtimeoutMS=700&w=1&authSource=accounts',
    );
    assert.deepEqual([options.appName, options.maxPoolSize, options.connectTimeoutMS], ['mine', 9, 3000]);
    assert.deepEqual([options.writeConcern.w, options.writeConcern.wtimeoutMS], ['majority', 700]);
    assert.equal(openMongodb('mongodb://db.example').options.appName, 'chat-service');
  });
});

test('functions get the databases and the TLS of these addresses, where their templates name stores', () => {
  const template = { MYSQL_HOST: 'h', MYSQL_DATABASE: 'chat', MYSQL_TLS: 'off', MONGODB_DATABASE: 'chat' };
  const mongodb = { database: 'elsewhere' };
  const variablesFor = (tls: MysqlAddress['tls'], variables: Readonly<Record<string, string>> = template) =>
    storeVariables(variables, { mysql: { ...plain, tls }, mongodb });
  const databases = { MYSQL_DATABASE: 'talk', MONGODB_DATABASE: 'elsewhere' };
  assert.deepEqual(variablesFor(false), { ...databases, MYSQL_TLS: 'off' });
  assert.deepEqual(variablesFor('rds'), { ...databases, MYSQL_TLS: 'required' });
  assert.deepEqual(variablesFor({ verify: 'identity' }), { ...databases, MYSQL_TLS: 'identity' });
  assert.deepEqual(variablesFor({ verify: 'authority', ca: 'PEM' }), {
    ...databases,
    MYSQL_TLS: 'authority',
    MYSQL_TLS_CA: 'PEM',
  });
  assert.deepEqual(variablesFor(false, { CONNECTIONS_TABLE: 't' }), {});
});

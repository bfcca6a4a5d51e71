import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageCollection, openMongodb } from '../functions/platform/mongodb.ts';
import { openMysql } from '../functions/platform/mysql/mysql.ts';
import { migrateStores } from '../functions/migrations/migrate-stores.ts';
import { lockFolder } from '../lib/local/mongodb-server/folder-lock.ts';
import { startMongodb } from '../lib/local/stores/mongodb.ts';
import { startMysql } from '../lib/local/stores/mysql.ts';
import { readArguments } from './arguments.ts';

const DATABASE = 'chat';
const { values } = readArguments({
  usage: `
npm run migrate                brings the stores of this machine to the newest schema, without serving
npm run migrate -- --data DIR  those of another data folder
MYSQL_URL and MONGODB_URL name other stores and databases, as they do for npm start.`,
  options: { data: { type: 'string', default: resolve(import.meta.dirname, '../.local') } },
});
const log = (line: string): void => console.log(`  ${line}`);
const stops: (() => Promise<void> | void)[] = [];

try {
  mkdirSync(values.data, { recursive: true, mode: 0o700 });
  stops.push(lockFolder(values.data, log));
  const mysql = await startMysql({ dataDirectory: join(values.data, 'mysql'), database: DATABASE, log });
  stops.push(() => mysql.stop());
  log(mysql.description);
  const mongodb = await startMongodb({ dataDirectory: values.data, database: DATABASE, log });
  stops.push(() => mongodb.stop());
  log(mongodb.description);

  const client = openMongodb(mongodb.url);
  stops.push(() => client.close());
  const report = await migrateStores({
    openMysql: (options) => openMysql(async () => mysql, options),
    mongodb: async () => messageCollection(client, mongodb.database),
    // The local cloud manages this user's password itself, at every start.
    appUser: async () => undefined,
  });
  console.log(
    report.mysql.length === 0
      ? 'MySQL was at the newest schema'
      : `MySQL: applied ${report.mysql.join(', ')}`,
  );
  console.log(`MongoDB has the indexes ${report.mongodb.join(', ')}`);
  const { contents, users, complete } = report.texts;
  console.log(
    `Searches: ${contents} contents and ${users} people indexed anew${complete ? '' : '; the job index-texts goes on'}`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const stop of stops.toReversed()) await stop();
}

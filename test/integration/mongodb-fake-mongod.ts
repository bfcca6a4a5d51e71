/**
 * A fake of `mongod` for mongodb-store.test.ts: accepts its arguments, and serves with the embedded server. With
 * FAKE_MONGOD=broken it exits at once.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMongodbServer } from '../../lib/local/mongodb-server/server.ts';

const { values } = parseArgs({
  options: {
    dbpath: { type: 'string', default: '' },
    port: { type: 'string', default: '' },
    bind_ip: { type: 'string', default: '' },
    wiredTigerCacheSizeGB: { type: 'string' },
    nounixsocket: { type: 'boolean' },
  },
});

if (process.env['FAKE_MONGOD'] === 'broken') {
  process.stdout.write('starting\nno space left on device\n');
  process.exit(62);
}
const server = await startMongodbServer({
  dataDirectory: values.dbpath,
  port: Number(values.port),
  host: values.bind_ip,
  log: () => {},
});
// The real `mongod` keeps its process id in its lock file while it runs.
await writeFile(join(values.dbpath, 'mongod.lock'), `${process.pid}\n`);
process.once('SIGTERM', () => {
  void server
    .stop()
    .then(() => writeFile(join(values.dbpath, 'mongod.lock'), ''))
    .then(() => process.exit(0));
});

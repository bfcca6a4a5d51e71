/**
 * A process that mongodb-server.test.ts kills: runs the embedded server on the folder in its first argument, writes one
 * document after another, and prints each acknowledged one.
 */
import { MongoClient } from 'mongodb';
import { startMongodbServer } from '../../lib/local/mongodb-server/server.ts';

const [dataDirectory = ''] = process.argv.slice(2);
const server = await startMongodbServer({ dataDirectory, log: () => {} });
const client = new MongoClient(server.url, { writeConcern: { w: 'majority' } });
const things = client.db('crash').collection<{ _id: number; text: string }>('things');
for (let number = 0; ; number += 1) {
  await Promise.all(
    [0, 1, 2].map((part) => things.insertOne({ _id: number * 3 + part, text: 'x'.repeat(300) })),
  );
  process.stdout.write(`${number}\n`);
}

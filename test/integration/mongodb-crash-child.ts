/**
 * A process for mongodb-server.test.ts to kill: runs the embedded server on the folder in its first
 * argument and writes documents one after the other, naming each that was acknowledged on its output.
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

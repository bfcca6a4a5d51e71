import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { MongoClient } from 'mongodb';
import { connectToMysql } from '../local/stores/mysql-connection.ts';
import type { CloudUnderTest } from './cloud-under-test.ts';
import { spread, type Figure } from './figures.ts';

/**
 * The time that the machine and the stores need for the smallest units of work with the bare drivers; medians in ms.
 */
export interface Floor {
  /** One commit in MySQL. */
  readonly mysql: number;
  /** One insert in MongoDB, acknowledged by a majority. */
  readonly mongodb: number;
  /** Both in parallel: no message can be acknowledged sooner. */
  readonly stores: number;
  /** One DynamoDB request with the AWS SDK. */
  readonly dynamodb: number;
  /** From a write to the socket in one process to its arrival in another. */
  readonly socket: number;
  readonly figures: readonly Figure[];
}

/** The number of rounds, without a pause or at a given rate; paced rounds are fewer, or they would take minutes. */
const rounds = { atOnce: { warm: 50, timed: 300 }, paced: { warm: 5, timed: 40 } };

const timesOf = async (once: () => Promise<unknown>, perSecond: number | undefined): Promise<number[]> => {
  const { warm, timed } = perSecond === undefined ? rounds.atOnce : rounds.paced;
  const times: number[] = [];
  for (let round = 0; round < warm + timed; round += 1) {
    if (perSecond !== undefined) await sleep(1000 / perSecond);
    const startedAt = performance.now();
    await once();
    if (round >= warm) times.push(performance.now() - startedAt);
  }
  return times;
};

/**
 * Measures the floor of a machine and its stores while nothing else runs.
 *
 * @param perSecond the number of rounds per second, for comparison with a load at that rate: after idling in between, a
 *   machine takes twice as long. Without it, rounds follow each other at once
 */
export const measureFloor = async (cloud: CloudUnderTest, perSecond?: number): Promise<Floor> => {
  const mysql = await connectToMysql(cloud.mysql);
  const mongo = new MongoClient(cloud.mongodbUrl, { writeConcern: { w: 'majority' } });
  const dynamodb = new DynamoDBClient({
    endpoint: cloud.dynamodbUrl,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const socket = connect(cloud.echoPort, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  try {
    await mysql.query(
      'CREATE TABLE IF NOT EXISTS bench_floor (id BIGINT AUTO_INCREMENT PRIMARY KEY, text CHAR(36))',
    );
    const documents = mongo.db('bench').collection('floor');
    const commit = () => mysql.query("INSERT INTO bench_floor (text) VALUES ('0123456789')");
    const insert = () => documents.insertOne({ content: 'x'.repeat(100) });
    const { TableNames: tables = [] } = await dynamodb.send(new ListTablesCommand({}));
    const table = tables.find((name) => /connections/i.test(name)) ?? '';
    const read = () =>
      dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [{ user_id: { N: '1' } }] } } }),
      );
    const frame = Buffer.alloc(600);
    const echo = async () => {
      socket.write(frame);
      await once(socket, 'data');
    };
    const times = {
      mysql: spread(await timesOf(commit, perSecond)),
      mongodb: spread(await timesOf(insert, perSecond)),
      stores: spread(await timesOf(() => Promise.all([commit(), insert()]), perSecond)),
      dynamodb: spread(await timesOf(read, perSecond)),
      // Half of a round trip is one way.
      socket: spread((await timesOf(echo, perSecond)).map((time) => time / 2)),
    };
    const figure = (name: string, of: keyof typeof times): Figure => ({
      name: `floor: ${name}${perSecond === undefined ? '' : `, ${perSecond}/s`}`,
      unit: 'ms',
      ...times[of],
    });
    return {
      mysql: times.mysql.value,
      mongodb: times.mongodb.value,
      stores: times.stores.value,
      dynamodb: times.dynamodb.value,
      socket: times.socket.value,
      figures: [
        figure('one MySQL commit', 'mysql'),
        figure('one MongoDB insert', 'mongodb'),
        figure('both side by side', 'stores'),
        figure('one DynamoDB request', 'dynamodb'),
        figure('one socket write', 'socket'),
      ],
    };
  } finally {
    socket.destroy();
    dynamodb.destroy();
    await Promise.all([mysql.end(), mongo.close()]);
  }
};

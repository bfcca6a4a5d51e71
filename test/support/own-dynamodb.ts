import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamodb } from '../../lib/local/stores/dynamodb.ts';

/** A DynamoDB for the tests of one repository. */
export interface OwnDynamodb {
  readonly client: DynamoDBClient;
  /** Stops DynamoDB, and removes its data. */
  readonly stop: () => Promise<void>;
}

/** Starts a DynamoDB with one empty table with the keys `pk` and `sk`, like the table for expiring items. */
export const startOwnDynamodb = async (tableName: string): Promise<OwnDynamodb> => {
  const region = 'eu-central-1';
  const dataDirectory = mkdtempSync(join(tmpdir(), `chat-service-${tableName}-`));
  const store = await startDynamodb({
    dataDirectory,
    region,
    log: () => undefined,
    tables: [
      {
        TableName: tableName,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      },
    ],
  });
  const client = new DynamoDBClient({
    endpoint: store.url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    client,
    stop: async () => {
      client.destroy();
      await store.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
};

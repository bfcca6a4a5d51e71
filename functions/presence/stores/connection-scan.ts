import { ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';
import { toConnections, type Connection } from './connections.ts';

/** Reads every registered connection, page by page. */
export type ConnectionScan = () => AsyncGenerator<Connection>;

export const createConnectionScan = (client: () => DynamoDBClient, tableName: () => string): ConnectionScan =>
  async function* scan() {
    let from: Record<string, AttributeValue> | undefined;
    do {
      const start = from;
      const page = await askDynamodb(() =>
        client().send(
          new ScanCommand({
            TableName: tableName(),
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      for (const item of page.Items ?? []) yield* toConnections(item);
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  };

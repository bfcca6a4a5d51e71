import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';

/** Identifies a push: one message for one device. */
export interface Claim {
  readonly deviceId: number;
  readonly chatId: number;
  readonly seq: number;
}

/** Claims on pushes: SQS may deliver a message twice, but its push is sent once. Times are seconds since 1970. */
export interface ClaimStore {
  /**
   * Claims a push until the given time. @returns `held` while another function holds the claim, `done` when the push
   * has been sent
   */
  take(claim: Claim, now: number, until: number): Promise<'taken' | 'held' | 'done'>;
  /** Saves that a push has been sent, or never will be. */
  finish(claim: Claim): Promise<void>;
  /** Releases a claim so that the next attempt can take it. */
  release(claim: Claim): Promise<void>;
}

/** TTL of claims, in seconds: longer than a message can stay in the queue and its dead-letter queue together. */
const KEPT_SECONDS = 15 * 24 * 60 * 60;

export const createClaimStore = (client: () => DynamoDBClient, tableName: () => string): ClaimStore => {
  const keyOf = ({ deviceId, chatId, seq }: Claim) => ({
    pk: { S: `push#${deviceId}` },
    sk: { S: `${chatId}#${seq}` },
  });
  const update = async (
    claim: Claim,
    expression: string,
    values?: Record<string, AttributeValue>,
    condition?: string,
  ): Promise<void> => {
    await askDynamodb(() =>
      client().send(
        new UpdateItemCommand({
          TableName: tableName(),
          Key: keyOf(claim),
          UpdateExpression: expression,
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
          ...(condition === undefined ? {} : { ConditionExpression: condition }),
        }),
      ),
    );
  };

  return {
    take: async (claim, now, until) => {
      try {
        await update(
          claim,
          'SET held_until = :until, expires_at = :expires_at',
          {
            ':until': { N: String(until) },
            ':now': { N: String(now) },
            ':expires_at': { N: String(now + KEPT_SECONDS) },
          },
          // A finished claim has no `held_until`, so the condition fails for it.
          'attribute_not_exists(pk) OR held_until <= :now',
        );
        return 'taken';
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      const { Item: item } = await askDynamodb(() =>
        client().send(
          new GetItemCommand({ TableName: tableName(), Key: keyOf(claim), ConsistentRead: true }),
        ),
      );
      return item !== undefined && item['held_until'] === undefined ? 'done' : 'held';
    },
    finish: (claim) => update(claim, 'REMOVE held_until'),
    release: (claim) => update(claim, 'SET held_until = :zero', { ':zero': { N: '0' } }),
  };
};

import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';

/** One message for one device. */
export interface Claim {
  readonly deviceId: number;
  readonly chatId: number;
  readonly seq: number;
}

/** Who sends which push: a message of the queue may come twice, and is sent once. Times are seconds since 1970. */
export interface ClaimStore {
  /** Takes a push until a time. @returns `held` while somebody else has it, `done` when it has been sent */
  take(claim: Claim, now: number, until: number): Promise<'taken' | 'held' | 'done'>;
  /** Notes that a push has been sent, or never will be. */
  finish(claim: Claim): Promise<void>;
  /** Lets the next one try. */
  release(claim: Claim): Promise<void>;
}

/** Longer than a message can be in the queue and its queue of dead letters: nothing comes later. */
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
          // One that is done is held by nobody.
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

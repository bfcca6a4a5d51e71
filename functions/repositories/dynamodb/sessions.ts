import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';

/** A log-in and everything that was refreshed from it: one family of refresh tokens. */
export interface Session {
  readonly sessionId: string;
  readonly userId: number;
  readonly username: string;
  /** SHA-256 of the only refresh token that is good now, in base64url. */
  readonly tokenHash: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export interface SessionRepository {
  insert(session: Session): Promise<void>;
  /** The session, or undefined when it was ended or ran out. */
  find(userId: number, sessionId: string, now: number): Promise<Session | undefined>;
  /** Replaces the refresh token's hash, if it is still the one given: of two at once one succeeds. */
  rotate(
    session: Pick<Session, 'userId' | 'sessionId'>,
    hashes: { readonly from: string; readonly to: string },
    expiresAt: number,
  ): Promise<boolean>;
  /** Ends a session; one that has ended stays so. */
  remove(userId: number, sessionId: string): Promise<void>;
  /** Ids of all sessions of a user. */
  listIds(userId: number): Promise<string[]>;
}

const PREFIX = 'session#';

const keyOf = (userId: number, sessionId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: PREFIX + sessionId },
});

const toSession = (userId: number, sessionId: string, item: Record<string, AttributeValue>): Session => ({
  sessionId,
  userId,
  username: item['username']?.S ?? '',
  tokenHash: item['token_hash']?.S ?? '',
  expiresAt: Number(item['expires_at']?.N ?? 0),
});

export const createSessionRepository = (
  client: () => DynamoDBClient,
  tableName: () => string,
): SessionRepository => ({
  insert: async (session) => {
    await askDynamodb(() =>
      client().send(
        new PutItemCommand({
          TableName: tableName(),
          Item: {
            ...keyOf(session.userId, session.sessionId),
            username: { S: session.username },
            token_hash: { S: session.tokenHash },
            expires_at: { N: String(session.expiresAt) },
          },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    );
  },

  find: async (userId, sessionId, now) => {
    const { Item: item } = await askDynamodb(() =>
      client().send(
        // Consistent: a session that was ended a moment ago must not be found.
        new GetItemCommand({ TableName: tableName(), Key: keyOf(userId, sessionId), ConsistentRead: true }),
      ),
    );
    const session = item && toSession(userId, sessionId, item);
    // DynamoDB removes what ran out days later: the reader has to look.
    return session === undefined || session.expiresAt <= now ? undefined : session;
  },

  rotate: async ({ userId, sessionId }, { from, to }, expiresAt) => {
    try {
      await askDynamodb(() =>
        client().send(
          new UpdateItemCommand({
            TableName: tableName(),
            Key: keyOf(userId, sessionId),
            UpdateExpression: 'SET token_hash = :to, expires_at = :expires_at',
            ConditionExpression: 'token_hash = :from',
            ExpressionAttributeValues: {
              ':from': { S: from },
              ':to': { S: to },
              ':expires_at': { N: String(expiresAt) },
            },
          }),
        ),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  },

  remove: async (userId, sessionId) => {
    await askDynamodb(() =>
      client().send(new DeleteItemCommand({ TableName: tableName(), Key: keyOf(userId, sessionId) })),
    );
  },

  listIds: async (userId) => {
    const ids: string[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const start = from;
      const page = await askDynamodb(() =>
        client().send(
          new QueryCommand({
            TableName: tableName(),
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':pk': { S: `user#${userId}` }, ':prefix': { S: PREFIX } },
            ProjectionExpression: 'sk',
            ConsistentRead: true,
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      ids.push(...(page.Items ?? []).map((item) => (item['sk']?.S ?? '').slice(PREFIX.length)));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return ids;
  },
});

import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';

/** A log-in and everything that was refreshed from it: one family of refresh tokens. */
export interface Session {
  readonly sessionId: string;
  readonly userId: number;
  /** SHA-256 of the only refresh token that is good now, in base64url. */
  readonly tokenHash: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export interface SessionRepository {
  insert(session: Session): Promise<void>;
  /** The session, or undefined when it was ended or ran out. */
  find(userId: number, sessionId: string, now: number): Promise<Session | undefined>;
}

const keyOf = (userId: number, sessionId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: `session#${sessionId}` },
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
    const expiresAt = Number(item?.['expires_at']?.N ?? 0);
    // DynamoDB removes what ran out days later: the reader has to look.
    if (item === undefined || expiresAt <= now) return undefined;
    return { sessionId, userId, tokenHash: item['token_hash']?.S ?? '', expiresAt };
  },
});

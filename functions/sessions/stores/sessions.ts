import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb, batchGet, BATCH_KEYS, sendBatch } from '../../platform/dynamodb.ts';
import { forEachConcurrently } from '../../platform/for-each-concurrently.ts';
import { slicesOf } from '../../platform/slices.ts';

/** The key of a session. */
export interface SessionKey {
  readonly userId: number;
  readonly sessionId: string;
}

/** A log-in and its refreshes: one family of refresh tokens. */
export interface Session extends SessionKey {
  readonly username: string;
  /** The key of the MACs in its refresh tokens; empty for a session that older code stored. */
  readonly tokenKey: string;
  /** 1 plus the number of rotations of its refresh token. */
  readonly generation: number;
  /** Hashes of the secrets of the refresh tokens of the current and of the previous generation. */
  readonly current: readonly string[];
  readonly previous: readonly string[];
  /** When the current generation began, in milliseconds since 1970. */
  readonly rotatedAt: number;
  /** Fingerprints of the password with which the session was started, and of a password that this session has set. */
  readonly passwords: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The log-in's `User-Agent` (`toUserAgent`); null when the client sent none, or older code stored the session. */
  readonly userAgent: string | null;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Whether its user has begun to delete the account in this session: the session can do nothing else any more. */
  readonly isForDeletion: boolean;
  /** The end of the account's suspension, in seconds since 1970; 0 when it is not suspended. */
  readonly suspendedUntil: number;
}

/** A session as `list` returns it. */
export type ListedSession = Pick<
  Session,
  'sessionId' | 'passwords' | 'startedAt' | 'rotatedAt' | 'expiresAt' | 'userAgent'
>;

/** A session as `findLive` returns it. */
export type LiveSession = SessionKey & Pick<Session, 'suspendedUntil'>;

export interface SessionStore {
  insert(session: Omit<Session, 'isForDeletion' | 'suspendedUntil'>): Promise<void>;
  /** Finds a session; undefined when it was ended or has expired. @param now seconds since 1970 */
  find(key: SessionKey, now: number): Promise<Session | undefined>;
  /**
   * Those of the sessions that have neither ended nor expired, including suspended ones; one request per 100.
   *
   * @param now seconds since 1970
   */
  findLive(keys: readonly SessionKey[], now: number): Promise<LiveSession[]>;
  /**
   * Starts the next generation with one token, if the session is still in the given generation. Of concurrent callers
   * only one succeeds. A session that was ended is not recreated.
   *
   * @returns whether it was started
   */
  rotate(
    key: SessionKey,
    generation: number,
    next: { readonly hash: string; readonly rotatedAt: number; readonly expiresAt: number },
  ): Promise<boolean>;
  /** Adds a token to a generation, if the session is still in it and has fewer than `max`. @returns whether it was added */
  addToken(key: SessionKey, generation: number, hash: string, max: number): Promise<boolean>;
  /** Adds a password with which the session stays valid. @returns whether the session exists */
  addPassword(key: SessionKey, fingerprint: string): Promise<boolean>;
  /** Removes a password with which the session was valid. */
  removePassword(key: SessionKey, fingerprint: string): Promise<void>;
  /** Restricts a session permanently to the deletion of its account. @returns whether the session exists */
  restrictToDeletion(key: SessionKey): Promise<boolean>;
  /**
   * Marks sessions as suspended until the given time (seconds since 1970), or removes the mark (0). Ignores sessions
   * that have ended.
   */
  setSuspendedUntil(userId: number, sessionIds: readonly string[], until: number): Promise<void>;
  /** Ends a session. Idempotent. @returns whether it existed */
  remove(key: SessionKey): Promise<boolean>;
  /** Ends sessions of a user, any number of them. @throws StoreUnavailableError when some could not be ended */
  removeAll(userId: number, sessionIds: readonly string[]): Promise<void>;
  /** Lists the sessions of a user, including expired ones that are still stored. */
  list(userId: number): Promise<ListedSession[]>;
}

const PREFIX = 'session#';

/** DynamoDB's limit of items in one `BatchWriteItem`. */
const BATCH_ITEMS = 25;
const BATCHES_AT_ONCE = 8;
const UPDATES_AT_ONCE = 10;

const keyOf = ({ userId, sessionId }: SessionKey) => ({
  pk: { S: `user#${userId}` },
  sk: { S: PREFIX + sessionId },
});

/**
 * The attribute with the hashes of a generation's tokens: a rotation removes the attribute of the generation before
 * the previous one.
 */
const tokensOf = (generation: number): string => `tokens_${generation}`;

const toListed = (item: Record<string, AttributeValue>): ListedSession => ({
  sessionId: (item['sk']?.S ?? '').slice(PREFIX.length),
  passwords: item['passwords']?.SS ?? [],
  startedAt: Number(item['started_at']?.N ?? 0),
  rotatedAt: Number(item['rotated_at']?.N ?? 0),
  expiresAt: Number(item['expires_at']?.N ?? 0),
  userAgent: item['user_agent']?.S ?? null,
});

const toSession = (userId: number, item: Record<string, AttributeValue>): Session => {
  const generation = Number(item['generation']?.N ?? 0);
  return {
    ...toListed(item),
    userId,
    username: item['username']?.S ?? '',
    tokenKey: item['token_key']?.S ?? '',
    generation,
    current: item[tokensOf(generation)]?.SS ?? [],
    previous: item[tokensOf(generation - 1)]?.SS ?? [],
    isForDeletion: item['for_deletion']?.BOOL ?? false,
    suspendedUntil: Number(item['suspended_until']?.N ?? 0),
  };
};

export const createSessionStore = (client: () => DynamoDBClient, tableName: () => string): SessionStore => {
  /** @returns false when the condition failed */
  const update = async (
    key: SessionKey,
    input: Pick<
      UpdateItemCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >,
  ): Promise<boolean> => {
    try {
      await askDynamodb(() =>
        client().send(new UpdateItemCommand({ TableName: tableName(), Key: keyOf(key), ...input })),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  const changePasswords = (
    key: SessionKey,
    action: 'ADD' | 'DELETE',
    fingerprint: string,
  ): Promise<boolean> =>
    update(key, {
      UpdateExpression: `${action} passwords :fingerprints`,
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':fingerprints': { SS: [fingerprint] } },
    });

  const removeBatch = (userId: number, sessionIds: readonly string[]): Promise<void> =>
    sendBatch(
      sessionIds.map((sessionId): WriteRequest => ({ DeleteRequest: { Key: keyOf({ userId, sessionId }) } })),
      async (requests) => {
        const { UnprocessedItems: left } = await client().send(
          new BatchWriteItemCommand({ RequestItems: { [tableName()]: requests } }),
        );
        return left?.[tableName()];
      },
    );

  return {
    insert: async (session) => {
      await askDynamodb(() =>
        client().send(
          new PutItemCommand({
            TableName: tableName(),
            Item: {
              ...keyOf(session),
              username: { S: session.username },
              token_key: { S: session.tokenKey },
              generation: { N: String(session.generation) },
              [tokensOf(session.generation)]: { SS: [...session.current] },
              rotated_at: { N: String(session.rotatedAt) },
              passwords: { SS: [...session.passwords] },
              started_at: { N: String(session.startedAt) },
              ...(session.userAgent === null ? {} : { user_agent: { S: session.userAgent } }),
              expires_at: { N: String(session.expiresAt) },
            },
          }),
        ),
      );
    },

    find: async (key, now) => {
      const { Item: item } = await askDynamodb(() =>
        client().send(
          // A strongly consistent read: a session that has just been ended must not be found.
          new GetItemCommand({ TableName: tableName(), Key: keyOf(key), ConsistentRead: true }),
        ),
      );
      const session = item && toSession(key.userId, item);
      // DynamoDB's TTL deletes expired items up to days late, so readers must check the expiry.
      return session === undefined || session.expiresAt <= now ? undefined : session;
    },

    findLive: async (keys, now) => {
      const names = new Map(keys.map((key) => [`${key.userId} ${key.sessionId}`, key]));
      const live: LiveSession[] = [];
      for (const slice of slicesOf([...names.values()], BATCH_KEYS)) {
        const found = await batchGet(client(), tableName(), slice.map(keyOf), {
          // A session that has just been ended must not be found.
          ConsistentRead: true,
          ProjectionExpression: 'pk, sk, expires_at, for_deletion, suspended_until',
        });
        for (const item of found) {
          if (Number(item['expires_at']?.N ?? 0) <= now || item['for_deletion']?.BOOL === true) continue;
          const userId = Number(item['pk']?.S?.slice('user#'.length));
          live.push({
            userId,
            sessionId: toListed(item).sessionId,
            suspendedUntil: Number(item['suspended_until']?.N ?? 0),
          });
        }
      }
      return live;
    },

    rotate: (key, generation, { hash, rotatedAt, expiresAt }) =>
      update(key, {
        UpdateExpression:
          'SET generation = :next, #next = :hashes, rotated_at = :rotated_at, expires_at = :expires_at REMOVE #dropped',
        ConditionExpression: 'generation = :generation',
        ExpressionAttributeNames: {
          '#next': tokensOf(generation + 1),
          '#dropped': tokensOf(generation - 1),
        },
        ExpressionAttributeValues: {
          ':generation': { N: String(generation) },
          ':next': { N: String(generation + 1) },
          ':hashes': { SS: [hash] },
          ':rotated_at': { N: String(rotatedAt) },
          ':expires_at': { N: String(expiresAt) },
        },
      }),

    addToken: (key, generation, hash, max) =>
      update(key, {
        UpdateExpression: 'ADD #tokens :hashes',
        ConditionExpression: 'generation = :generation AND size(#tokens) < :max',
        ExpressionAttributeNames: { '#tokens': tokensOf(generation) },
        ExpressionAttributeValues: {
          ':generation': { N: String(generation) },
          ':hashes': { SS: [hash] },
          ':max': { N: String(max) },
        },
      }),

    addPassword: (key, fingerprint) => changePasswords(key, 'ADD', fingerprint),

    removePassword: async (key, fingerprint) => {
      await changePasswords(key, 'DELETE', fingerprint);
    },

    restrictToDeletion: (key) =>
      update(key, {
        UpdateExpression: 'SET for_deletion = :true',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':true': { BOOL: true } },
      }),

    setSuspendedUntil: async (userId, sessionIds, until) => {
      for (const slice of slicesOf(sessionIds, UPDATES_AT_ONCE)) {
        await Promise.all(
          slice.map((sessionId) =>
            update(
              { userId, sessionId },
              {
                ConditionExpression: 'attribute_exists(pk)',
                ...(until === 0
                  ? { UpdateExpression: 'REMOVE suspended_until' }
                  : {
                      UpdateExpression: 'SET suspended_until = :until',
                      ExpressionAttributeValues: { ':until': { N: String(until) } },
                    }),
              },
            ),
          ),
        );
      }
    },

    remove: async (key) => {
      const { Attributes: removed } = await askDynamodb(() =>
        client().send(
          new DeleteItemCommand({ TableName: tableName(), Key: keyOf(key), ReturnValues: 'ALL_OLD' }),
        ),
      );
      return removed !== undefined;
    },

    removeAll: (userId, sessionIds) =>
      forEachConcurrently(BATCHES_AT_ONCE, slicesOf(sessionIds, BATCH_ITEMS), (batch) =>
        removeBatch(userId, batch),
      ),

    list: async (userId) => {
      const sessions: ListedSession[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const start = from;
        const page = await askDynamodb(() =>
          client().send(
            new QueryCommand({
              TableName: tableName(),
              KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
              ExpressionAttributeValues: { ':pk': { S: `user#${userId}` }, ':prefix': { S: PREFIX } },
              ProjectionExpression: 'sk, passwords, started_at, rotated_at, expires_at, user_agent',
              ConsistentRead: true,
              ...(start === undefined ? {} : { ExclusiveStartKey: start }),
            }),
          ),
        );
        sessions.push(...(page.Items ?? []).map(toListed));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return sessions;
    },
  };
};

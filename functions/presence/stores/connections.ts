import {
  ConditionalCheckFailedException,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb, batchGet, BATCH_KEYS } from '../../platform/dynamodb.ts';
import { slicesOf } from '../../platform/slices.ts';

/**
 * The registration of a WebSocket connection that is or was open. Times are seconds since 1970 unless stated
 * otherwise.
 */
export interface Connection {
  readonly connectionId: string;
  readonly userId: number;
  readonly sessionId: string;
  /** When API Gateway accepted the connection, in milliseconds since 1970. */
  readonly connectedAtMs: number;
  /** The end of the lease: the connection counts as live until then. */
  readonly leaseUntil: number;
  readonly tokenExpiresAt: number;
  /**
   * When the client last sent a frame or opened the connection, in milliseconds since 1970: may lag by up to a
   * minute.
   */
  readonly seenAtMs: number;
  /** The one chat that the connection carries, or null for all chats of the user. */
  readonly scope: number | null;
  /** The chats that the client has joined, that is, has open. */
  readonly joined: ReadonlySet<number>;
  /** The chats in which the client types, each with its expiry in milliseconds since 1970. */
  readonly typing: ReadonlyMap<number, number>;
}

/** A user's connections before and after a change, which DynamoDB applied atomically. */
export interface ConnectionChange {
  readonly before: readonly Connection[];
  readonly after: readonly Connection[];
}

/** The result of looking up the receivers of an event. */
export interface Audience {
  readonly connections: Connection[];
  /** Those of the users who have a device registered for push. */
  readonly withDevices: ReadonlySet<number>;
}

/** The connection is not registered: it was closed, or its lease had expired. */
export class ConnectionNotRegisteredError extends Error {
  override readonly name = 'ConnectionNotRegisteredError';
}

export interface ConnectionStore {
  /** Registers a connection. @returns undefined when it was registered already; nothing changes then */
  register(connection: Connection): Promise<ConnectionChange | undefined>;
  /** Removes a connection. Idempotent. */
  remove(userId: number, connectionId: string): Promise<ConnectionChange>;
  /**
   * Removes a connection whose lease has expired at `now`. @returns undefined when the lease has not expired, or the
   * connection was removed already
   */
  removeExpired(userId: number, connectionId: string, now: number): Promise<ConnectionChange | undefined>;
  /** Finds all registered connections of users, live or not. One request to DynamoDB per 100 users. */
  findByUsers(userIds: readonly number[]): Promise<Connection[]>;
  /** Like `findByUsers`, and also finds which of the users have a device registered for push, in the same requests. */
  findAudience(userIds: readonly number[]): Promise<Audience>;
  /**
   * Stores how many devices registered for push a user has. The user's item then outlives their connections.
   *
   * @param now seconds since 1970
   */
  setDevices(userId: number, count: number, now: number): Promise<void>;
  /** Adds a joined chat. @throws ConnectionNotRegisteredError */
  join(userId: number, connectionId: string, chatId: number): Promise<ConnectionChange>;
  /** Removes a joined chat, and the client's typing in it. @throws ConnectionNotRegisteredError */
  leave(userId: number, connectionId: string, chatId: number): Promise<ConnectionChange>;
  /**
   * Sets the end of a connection's lease. To end the lease, pass the present: the user's item with all connections
   * lives for some hours after the latest lease.
   *
   * @param seenAtMs when the client sent a frame; absent when the service itself changes the lease
   * @throws ConnectionNotRegisteredError
   */
  renewLease(userId: number, connectionId: string, leaseUntil: number, seenAtMs?: number): Promise<void>;
  /**
   * Marks a connection as one whose access token has long expired, so that the next run of the reaper closes it. A
   * no-op when it is not registered.
   */
  expire(userId: number, connectionId: string): Promise<void>;
  /**
   * Stores that the client types in a chat.
   *
   * @param time.untilMs when the typing expires, in milliseconds since 1970
   * @param time.unlessAfterMs stores nothing when the client's typing in the chat already expires later than this
   * @returns undefined when nothing was stored: for that reason, or because the connection is not registered
   */
  startTyping(
    userId: number,
    connectionId: string,
    chatId: number,
    time: { readonly untilMs: number; readonly unlessAfterMs: number },
  ): Promise<ConnectionChange | undefined>;
  /** Removes the client's typing in chats. @returns undefined when the client does not type in the first of them */
  stopTyping(
    userId: number,
    connectionId: string,
    chatIds: readonly [number, ...number[]],
  ): Promise<ConnectionChange | undefined>;
}

type Item = Record<string, AttributeValue>;

// One item per user, with one attribute per connection: a single UpdateItem can create and fill a top-level
// attribute, but not a nested map.
const PREFIX = 'connection#';

// TTL of the item after the lease: API Gateway closes connections after 2 h, so none of the user's can be open by
// then.
const ITEM_OUTLIVES_LEASE_SECONDS = 3 * 60 * 60;

/**
 * TTL of the item of a user with devices: the end of the year 9999. The item is removed when the user has no device
 * any more.
 */
const KEPT_UNTIL = 253_402_300_799;

/** Sets the TTL of an item, unless `kept_until` overrides it. */
const EXPIRY = 'expires_at = if_not_exists(kept_until, :expires_at)';

const REGISTERED = 'attribute_exists(#connection)';

const numberOf = (value: AttributeValue | undefined): number => Number(value?.N);

const toAttribute = (connection: Connection): AttributeValue => ({
  M: {
    session_id: { S: connection.sessionId },
    connected_at_ms: { N: String(connection.connectedAtMs) },
    lease_until: { N: String(connection.leaseUntil) },
    token_expires_at: { N: String(connection.tokenExpiresAt) },
    seen_at_ms: { N: String(connection.seenAtMs) },
    ...(connection.scope === null ? {} : { scope: { N: String(connection.scope) } }),
    joined: { M: Object.fromEntries([...connection.joined].map((chatId) => [chatId, { BOOL: true }])) },
    typing: {
      M: Object.fromEntries([...connection.typing].map(([chatId, until]) => [chatId, { N: String(until) }])),
    },
  },
});

/** Reads the connections in a user's item; empty when there is no item. */
export const toConnections = (item: Item | undefined): Connection[] => {
  if (item === undefined) return [];
  const userId = numberOf(item['user_id']);
  return Object.entries(item).flatMap(([name, { M: map }]) => {
    if (!name.startsWith(PREFIX) || map === undefined) return [];
    return [
      {
        connectionId: name.slice(PREFIX.length),
        userId,
        sessionId: map['session_id']?.S ?? '',
        connectedAtMs: numberOf(map['connected_at_ms']),
        leaseUntil: numberOf(map['lease_until']),
        tokenExpiresAt: numberOf(map['token_expires_at']),
        // Absent in items that older code wrote.
        seenAtMs: numberOf(map['seen_at_ms'] ?? map['connected_at_ms']),
        scope: map['scope'] === undefined ? null : numberOf(map['scope']),
        joined: new Set(Object.keys(map['joined']?.M ?? {}).map(Number)),
        typing: new Map(
          Object.entries(map['typing']?.M ?? {}).map(([chatId, until]) => [Number(chatId), numberOf(until)]),
        ),
      },
    ];
  });
};

export const createConnectionStore = (
  client: () => DynamoDBClient,
  tableName: () => string,
): ConnectionStore => {
  /**
   * Updates the item of a user if a condition holds. @returns the item as `ReturnValues` requests it, `{}` without;
   * undefined when the condition failed
   */
  const updateIf = async (
    userId: number,
    connectionId: string,
    input: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression' | 'ReturnValues'> & {
      readonly values?: Item;
      readonly names?: Record<string, string>;
    },
  ): Promise<Item | undefined> => {
    const { values, names, ...expressions } = input;
    try {
      const answer = await askDynamodb(() =>
        client().send(
          new UpdateItemCommand({
            TableName: tableName(),
            Key: { user_id: { N: String(userId) } },
            ...expressions,
            ExpressionAttributeNames: { '#connection': PREFIX + connectionId, ...names },
            ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
          }),
        ),
      );
      return answer.Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  /** Like `updateIf`, on the condition that the connection is registered. @throws ConnectionNotRegisteredError */
  const updateRegistered = async (
    userId: number,
    connectionId: string,
    input: Omit<Parameters<typeof updateIf>[2], 'ConditionExpression'>,
  ): Promise<Item> => {
    const item = await updateIf(userId, connectionId, { ...input, ConditionExpression: REGISTERED });
    if (item === undefined) throw new ConnectionNotRegisteredError();
    return item;
  };

  /** Computes the connections before and after a change of one of them, from the item before the change. */
  const changeOf = (
    old: Item | undefined,
    connectionId: string,
    change: (connection: Connection) => Connection | undefined,
  ): ConnectionChange => {
    const before = toConnections(old);
    return {
      before,
      after: before.flatMap((connection) =>
        connection.connectionId === connectionId ? (change(connection) ?? []) : [connection],
      ),
    };
  };

  const findAudience: ConnectionStore['findAudience'] = async (userIds) => {
    const found = await Promise.all(
      slicesOf([...new Set(userIds)], BATCH_KEYS).map((slice) =>
        batchGet(
          client(),
          tableName(),
          slice.map((userId) => ({ user_id: { N: String(userId) } })),
          // A strongly consistent read: a connection that opened before a message was stored must be found.
          { ConsistentRead: true },
        ),
      ),
    );
    const items = found.flat();
    return {
      connections: items.flatMap(toConnections),
      withDevices: new Set(
        items.flatMap((item) => (item['devices'] === undefined ? [] : [numberOf(item['user_id'])])),
      ),
    };
  };

  return {
    register: async (connection) => {
      const old = await updateIf(connection.userId, connection.connectionId, {
        UpdateExpression: `SET #connection = :connection, ${EXPIRY}`,
        // A repeated registration must not undo joins that happened since the first.
        ConditionExpression: 'attribute_not_exists(#connection)',
        values: {
          ':connection': toAttribute(connection),
          ':expires_at': { N: String(connection.leaseUntil + ITEM_OUTLIVES_LEASE_SECONDS) },
        },
        ReturnValues: 'ALL_OLD',
      });
      if (old === undefined) return undefined;
      const before = toConnections(old);
      return { before, after: [...before, connection] };
    },

    remove: async (userId, connectionId) => {
      // Without a condition, so that the update is idempotent.
      const old = await updateIf(userId, connectionId, {
        UpdateExpression: 'REMOVE #connection',
        ReturnValues: 'ALL_OLD',
      });
      return changeOf(old, connectionId, () => undefined);
    },

    removeExpired: async (userId, connectionId, now) => {
      const old = await updateIf(userId, connectionId, {
        UpdateExpression: 'REMOVE #connection',
        // Checks the current lease, not the one seen by the scan: a frame may have renewed it since.
        ConditionExpression: '#connection.lease_until <= :now',
        values: { ':now': { N: String(now) } },
        ReturnValues: 'ALL_OLD',
      });
      return old && changeOf(old, connectionId, () => undefined);
    },

    findByUsers: async (userIds) => (await findAudience(userIds)).connections,

    findAudience,

    setDevices: async (userId, count, now) => {
      await askDynamodb(() =>
        client().send(
          new UpdateItemCommand({
            TableName: tableName(),
            Key: { user_id: { N: String(userId) } },
            ...(count > 0
              ? {
                  UpdateExpression: 'SET devices = :devices, kept_until = :kept, expires_at = :kept',
                  ExpressionAttributeValues: {
                    ':devices': { N: String(count) },
                    ':kept': { N: String(KEPT_UNTIL) },
                  },
                }
              : {
                  UpdateExpression: 'SET expires_at = :expires_at REMOVE devices, kept_until',
                  ExpressionAttributeValues: {
                    // The user may have an open connection.
                    ':expires_at': { N: String(now + ITEM_OUTLIVES_LEASE_SECONDS) },
                  },
                }),
          }),
        ),
      );
    },

    join: async (userId, connectionId, chatId) => {
      const old = await updateRegistered(userId, connectionId, {
        UpdateExpression: 'SET #connection.joined.#chat = :joined',
        names: { '#chat': String(chatId) },
        values: { ':joined': { BOOL: true } },
        ReturnValues: 'ALL_OLD',
      });
      return changeOf(old, connectionId, (connection) => ({
        ...connection,
        joined: new Set([...connection.joined, chatId]),
      }));
    },

    leave: async (userId, connectionId, chatId) => {
      const old = await updateRegistered(userId, connectionId, {
        UpdateExpression: 'REMOVE #connection.joined.#chat, #connection.typing.#chat',
        names: { '#chat': String(chatId) },
        ReturnValues: 'ALL_OLD',
      });
      return changeOf(old, connectionId, (connection) => ({
        ...connection,
        joined: new Set([...connection.joined].filter((joined) => joined !== chatId)),
        typing: new Map([...connection.typing].filter(([typing]) => typing !== chatId)),
      }));
    },

    renewLease: async (userId, connectionId, leaseUntil, seenAtMs) => {
      const seen = seenAtMs === undefined ? '' : ', #connection.seen_at_ms = :seen';
      await updateRegistered(userId, connectionId, {
        UpdateExpression: `SET #connection.lease_until = :lease, ${EXPIRY}${seen}`,
        values: {
          ...(seenAtMs === undefined ? {} : { ':seen': { N: String(seenAtMs) } }),
          ':lease': { N: String(leaseUntil) },
          ':expires_at': { N: String(leaseUntil + ITEM_OUTLIVES_LEASE_SECONDS) },
        },
      });
    },

    expire: async (userId, connectionId) => {
      await updateIf(userId, connectionId, {
        UpdateExpression: 'SET #connection.token_expires_at = :long_ago',
        ConditionExpression: REGISTERED,
        values: { ':long_ago': { N: '0' } },
      });
    },

    startTyping: async (userId, connectionId, chatId, { untilMs, unlessAfterMs }) => {
      const old = await updateIf(userId, connectionId, {
        UpdateExpression: 'SET #connection.typing.#chat = :until',
        ConditionExpression:
          'attribute_exists(#connection) AND (attribute_not_exists(#connection.typing.#chat) OR #connection.typing.#chat <= :latest)',
        names: { '#chat': String(chatId) },
        values: { ':until': { N: String(untilMs) }, ':latest': { N: String(unlessAfterMs) } },
        ReturnValues: 'ALL_OLD',
      });
      return (
        old &&
        changeOf(old, connectionId, (connection) => ({
          ...connection,
          typing: new Map([...connection.typing, [chatId, untilMs]]),
        }))
      );
    },

    stopTyping: async (userId, connectionId, chatIds) => {
      const names = chatIds.map((chatId, index) => [`#chat${index}`, String(chatId)] as const);
      const old = await updateIf(userId, connectionId, {
        UpdateExpression: `REMOVE ${names.map(([name]) => `#connection.typing.${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(#connection.typing.#chat0)',
        names: Object.fromEntries(names),
        ReturnValues: 'ALL_OLD',
      });
      return (
        old &&
        changeOf(old, connectionId, (connection) => ({
          ...connection,
          typing: new Map([...connection.typing].filter(([chatId]) => !chatIds.includes(chatId))),
        }))
      );
    },
  };
};

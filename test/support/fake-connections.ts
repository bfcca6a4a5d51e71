import {
  ConnectionNotRegisteredError,
  type Connection,
  type ConnectionStore,
} from '../../functions/presence/stores/connections.ts';
import type { BroadcastEffects } from '../../functions/events/broadcast.ts';
import type { Metrics } from '../../functions/platform/metrics.ts';
import type { PostResult } from '../../functions/gateways/connection-gateway.ts';

/** A connection; tests set the fields that they need. */
export const connectionOf = (
  userId: number,
  connectionId: string,
  fields: Partial<Connection> = {},
): Connection => ({
  userId,
  connectionId,
  sessionId: `session-${userId}`,
  connectedAtMs: 0,
  leaseUntil: 1e12,
  tokenExpiresAt: 1e12,
  seenAtMs: 0,
  scope: null,
  joined: new Set(),
  typing: new Map(),
  ...fields,
});

/** Connections in memory with the behaviour of the repository, and a gateway that records what it should send. */
export const fakeConnections = (options: {
  connections?: readonly Connection[];
  withDevices?: readonly number[];
  post?: (connectionId: string) => PostResult | Promise<PostResult>;
  now?: () => Date;
  /** The ids of connections that API Gateway has closed. */
  gone?: readonly string[];
}) => {
  const registered = new Map((options.connections ?? []).map((c) => [c.connectionId, c]));
  const posts: { connectionId: string; data: string }[] = [];
  const closed: string[] = [];
  const requests: string[] = [];
  const measured: Parameters<Metrics>[0][] = [];

  const of = (userId: number): Connection[] => [...registered.values()].filter((c) => c.userId === userId);
  const change = (userId: number, connectionId: string, apply: (c: Connection) => Connection) => {
    const before = of(userId);
    const connection = registered.get(connectionId);
    if (connection === undefined) throw new ConnectionNotRegisteredError();
    registered.set(connectionId, apply(connection));
    return { before, after: of(userId) };
  };

  const repository: ConnectionStore = {
    register: async (connection) => {
      if (registered.has(connection.connectionId)) return undefined;
      const before = of(connection.userId);
      registered.set(connection.connectionId, connection);
      return { before, after: of(connection.userId) };
    },
    remove: async (userId, connectionId) => {
      const before = of(userId);
      registered.delete(connectionId);
      return { before, after: of(userId) };
    },
    removeExpired: async (userId, connectionId, now) => {
      const lease = registered.get(connectionId)?.leaseUntil;
      if (lease === undefined || lease > now) return undefined;
      const before = of(userId);
      registered.delete(connectionId);
      return { before, after: of(userId) };
    },
    findByUsers: async (userIds) => {
      requests.push(`find ${userIds.length}`);
      return [...registered.values()].filter((c) => userIds.includes(c.userId));
    },
    findAudience: async (userIds) => ({
      connections: await repository.findByUsers(userIds),
      withDevices: new Set(userIds.filter((id) => options.withDevices?.includes(id) === true)),
    }),
    setDevices: async (userId, count) => {
      requests.push(`devices ${userId} ${count}`);
    },
    join: async (userId, connectionId, chatId) =>
      change(userId, connectionId, (c) => ({ ...c, joined: new Set([...c.joined, chatId]) })),
    leave: async (userId, connectionId, chatId) =>
      change(userId, connectionId, (c) => ({
        ...c,
        joined: new Set([...c.joined].filter((id) => id !== chatId)),
        typing: new Map([...c.typing].filter(([id]) => id !== chatId)),
      })),
    renewLease: async (userId, connectionId, leaseUntil, seenAtMs) => {
      requests.push(`renew ${connectionId}`);
      change(userId, connectionId, (c) => ({
        ...c,
        leaseUntil,
        seenAtMs: seenAtMs ?? c.seenAtMs,
      }));
    },
    expire: async (userId, connectionId) => {
      requests.push(`expire ${connectionId}`);
      if (registered.has(connectionId)) change(userId, connectionId, (c) => ({ ...c, tokenExpiresAt: 0 }));
    },
    startTyping: async (userId, connectionId, chatId, { untilMs, unlessAfterMs }) => {
      const until = registered.get(connectionId)?.typing.get(chatId) ?? 0;
      if (!registered.has(connectionId) || until > unlessAfterMs) return undefined;
      return change(userId, connectionId, (c) => ({
        ...c,
        typing: new Map([...c.typing, [chatId, untilMs]]),
      }));
    },
    stopTyping: async (userId, connectionId, chatIds) => {
      if (registered.get(connectionId)?.typing.has(chatIds[0]) !== true) return undefined;
      return change(userId, connectionId, (c) => ({
        ...c,
        typing: new Map([...c.typing].filter(([chatId]) => !chatIds.includes(chatId))),
      }));
    },
  };

  const effects: BroadcastEffects = {
    clock: options.now ?? (() => new Date(60_000)),
    connections: repository,
    metrics: (values) => measured.push(values),
    gateway: {
      post: async (connectionId, data) => {
        posts.push({ connectionId, data });
        return (await options.post?.(connectionId)) ?? 'delivered';
      },
      close: async (connectionId) => {
        closed.push(connectionId);
        return !(options.gone ?? []).includes(connectionId);
      },
      isOpen: async (connectionId) => !(options.gone ?? []).includes(connectionId),
    },
  };

  /** The types of the sent frames, by connection. */
  const sent = (): string[] =>
    posts
      .map(({ connectionId, data }) => `${connectionId} ${(JSON.parse(data) as { type: string }).type}`)
      .toSorted();

  return { effects, registered, posts, closed, requests, measured, sent };
};

/** Chats without blocks. @param memberIds the members of each chat */
export const unblocked = (memberIds: readonly number[] = []) => {
  const ofChats = async (chatIds: readonly number[]): Promise<Map<number, number[]>> =>
    new Map(chatIds.map((id) => [id, [...memberIds]]));
  return {
    participants: {
      findPresenceAudiences: ofChats,
      findUnblockedIdsOfChats: ofChats,
      findBlocked: async (): Promise<number[]> => [],
    },
  };
};

import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { Ref, ref, reply } from '../contract/frames.ts';
import {
  type JobRoute,
  defineHttpRoute,
  defineWebSocketRoute,
  readsAreUnlimited,
} from '../contract/route.ts';
import { ChatParams, Counter, Id } from '../contract/schemas.ts';

export const Stats = z
  .object({
    online_users: Counter.meta({ description: 'The number of users with a live connection.', example: 2 }),
    total_connections: Counter.meta({ description: 'The number of live connections.', example: 3 }),
  })
  .meta({ id: 'Stats', description: 'Counts of users and connections, up to 30 s old.' });
export type Stats = z.infer<typeof Stats>;

export const getStats = defineHttpRoute({
  id: 'get-stats',
  method: 'GET',
  path: '/api/v1/ws/stats',
  tag: 'Real time',
  summary: 'Count the online users and their connections',
  description: 'Counts the connections of the whole service; the numbers are up to 30 s old.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['all-connections'],
  responses: { 200: { description: 'The counts', body: Stats } },
  errors: [],
});

export const OnlineUsers = z
  .object({
    chat_id: Id,
    online_users: z
      .array(
        z
          .object({ id: Id, username: z.string(), full_name: z.string().nullable() })
          .meta({ id: 'OnlineUser', description: 'A user who is online.' }),
      )
      .meta({ description: 'The online users.' }),
    count: Counter.meta({ description: 'The number of these users.', example: 1 }),
  })
  .meta({ id: 'OnlineUsers', description: 'The users with a live connection that carries the chat.' });
export type OnlineUsers = z.infer<typeof OnlineUsers>;

export const listOnline = defineHttpRoute({
  id: 'list-online',
  method: 'GET',
  path: '/api/v1/ws/chat/{chat_id}/online',
  tag: 'Real time',
  summary: 'List the users with a live connection that carries a chat',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'connections-read'],
  params: ChatParams,
  responses: { 200: { description: 'The users who are online', body: OnlineUsers } },
  errors: ['chat_not_found'],
});

export const TypingFrame = z
  .strictObject({
    type: z.literal('typing'),
    chat_id: Id,
    content: z
      .enum(['start', 'stop'])
      .meta({ description: 'Whether you started or stopped typing.', example: 'start' }),
    ref,
  })
  .meta({ id: 'TypingFrame', description: 'Tells that you are typing, or stopped. Has no reply.' });

export const JoinFrame = z
  .strictObject({ type: z.literal('join'), chat_id: Id, ref })
  .meta({ id: 'JoinFrame', description: 'Tells that you have a chat open.' });

export const LeaveFrame = z
  .strictObject({ type: z.literal('leave'), chat_id: Id, ref })
  .meta({ id: 'LeaveFrame', description: 'Tells that you no longer have a chat open.' });

export const PingFrame = z
  .strictObject({ type: z.literal('ping'), ref })
  .meta({ id: 'PingFrame', description: 'Keeps the connection alive.' });

export const ChatAck = reply('ack', { chat_id: Id, ref: Ref.nullable() }).meta({
  id: 'ChatAck',
  description: 'The reply to `join` and `leave`.',
});
export type ChatAck = z.infer<typeof ChatAck>;

export const Pong = reply('pong', { ref: Ref.nullable() }).meta({
  id: 'Pong',
  description: 'The reply to `ping`.',
});
export type Pong = z.infer<typeof Pong>;

export const connect = defineWebSocketRoute({
  id: 'connect',
  routeKey: '$connect',
  rateLimit: 'connects',
  routeResponse: false,
  summary: 'Register a connection',
  needs: ['mysql', 'connections', 'session-check', 'post'],
  errors: [
    'chat_not_found',
    'session_revoked',
    'account_suspended',
    'too_many_connections',
    'store_unavailable',
  ],
});

export const disconnect = defineWebSocketRoute({
  id: 'disconnect',
  routeKey: '$disconnect',
  rateLimit: { unlimitedBecause: 'API Gateway sends it, once per connection.' },
  routeResponse: false,
  summary: 'Remove a connection',
  needs: ['mysql', 'connections', 'post'],
  errors: [],
});

export const receiveTyping = defineWebSocketRoute({
  id: 'receive-typing',
  routeKey: 'typing',
  rateLimit: 'frames',
  routeResponse: false,
  summary: 'Tell the others that you are typing, or stopped',
  needs: ['mysql', 'connections', 'post'],
  frame: TypingFrame,
  errors: ['chat_not_found'],
});

export const joinChat = defineWebSocketRoute({
  id: 'join-chat',
  routeKey: 'join',
  rateLimit: 'frames',
  routeResponse: true,
  summary: 'Tell the others that you have a chat open',
  needs: ['mysql', 'connections', 'post'],
  frame: JoinFrame,
  reply: ChatAck,
  errors: ['chat_not_found'],
});

export const leaveChat = defineWebSocketRoute({
  id: 'leave-chat',
  routeKey: 'leave',
  rateLimit: 'frames',
  routeResponse: true,
  summary: 'Tell the others that you no longer have a chat open',
  needs: ['mysql', 'connections', 'post'],
  frame: LeaveFrame,
  reply: ChatAck,
  errors: ['chat_not_found'],
});

export const ping = defineWebSocketRoute({
  id: 'ping',
  routeKey: 'ping',
  rateLimit: 'frames',
  routeResponse: true,
  summary: 'Keep the connection alive',
  needs: ['connections', 'post'],
  frame: PingFrame,
  reply: Pong,
  errors: [],
});

/** Ends connections that broke without a `$disconnect`. */
export const reapConnections: JobRoute = {
  transport: 'job',
  id: 'reap-connections',
  summary: 'End connections whose lease has expired, and notify their chats',
  schedule: 'rate(1 minute)',
  // A run that finds no expired lease in DynamoDB does not query MySQL.
  asksMysql: 'when-needed',
  needs: ['mysql', 'connections', 'all-connections', 'post'],
  errors: [],
};

export const feature = {
  name: 'presence',
  http: [listOnline, getStats],
  webSocket: [connect, disconnect, receiveTyping, joinChat, leaveChat, ping],
  jobs: [reapConnections],
} as const satisfies Feature;

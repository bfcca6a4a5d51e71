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
    online_users: Counter.meta({ description: 'Users with a live connection.', example: 2 }),
    total_connections: Counter.meta({ description: 'Live connections.', example: 3 }),
  })
  .meta({ id: 'Stats', description: 'Users and connections, up to 30 s ago.' });
export type Stats = z.infer<typeof Stats>;

export const getStats = defineHttpRoute({
  id: 'get-stats',
  method: 'GET',
  path: '/api/v1/ws/stats',
  tag: 'Real time',
  summary: 'How many users are online, on how many connections',
  description: 'Counts connections all over the service; the numbers are up to 30 s old.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['all-connections'],
  responses: { 200: { description: 'The numbers', body: Stats } },
  errors: [],
});

export const OnlineUsers = z
  .object({
    chat_id: Id,
    online_users: z
      .array(
        z
          .object({ id: Id, username: z.string(), full_name: z.string().nullable() })
          .meta({ id: 'OnlineUser', description: 'Somebody who is there.' }),
      )
      .meta({ description: 'Who is there.' }),
    count: Counter.meta({ description: 'How many they are.', example: 1 }),
  })
  .meta({ id: 'OnlineUsers', description: 'Who has a live connection that carries the chat.' });
export type OnlineUsers = z.infer<typeof OnlineUsers>;

export const listOnline = defineHttpRoute({
  id: 'list-online',
  method: 'GET',
  path: '/api/v1/ws/chat/{chat_id}/online',
  tag: 'Real time',
  summary: 'Who has a live connection that carries a chat',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'connections-read'],
  params: ChatParams,
  responses: { 200: { description: 'Who is there', body: OnlineUsers } },
  errors: ['chat_not_found'],
});

export const TypingFrame = z
  .strictObject({
    type: z.literal('typing'),
    chat_id: Id,
    content: z
      .enum(['start', 'stop'])
      .meta({ description: 'Whether you began or stopped.', example: 'start' }),
    ref,
  })
  .meta({ id: 'TypingFrame', description: 'Says that you type, or stopped. Nothing comes back.' });

export const JoinFrame = z
  .strictObject({ type: z.literal('join'), chat_id: Id, ref })
  .meta({ id: 'JoinFrame', description: 'Says that you are looking at a chat.' });

export const LeaveFrame = z
  .strictObject({ type: z.literal('leave'), chat_id: Id, ref })
  .meta({ id: 'LeaveFrame', description: 'Says that you look at a chat no longer.' });

export const PingFrame = z
  .strictObject({ type: z.literal('ping'), ref })
  .meta({ id: 'PingFrame', description: 'Keeps the connection alive.' });

export const ChatAck = reply('ack', { chat_id: Id, ref: Ref.nullable() }).meta({
  id: 'ChatAck',
  description: 'The answer to `join` and `leave`.',
});
export type ChatAck = z.infer<typeof ChatAck>;

export const Pong = reply('pong', { ref: Ref.nullable() }).meta({
  id: 'Pong',
  description: 'The answer to `ping`.',
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
  rateLimit: { unlimitedBecause: 'API Gateway sends it, once a connection.' },
  routeResponse: false,
  summary: 'Forget a connection',
  needs: ['mysql', 'connections', 'post'],
  errors: [],
});

export const receiveTyping = defineWebSocketRoute({
  id: 'receive-typing',
  routeKey: 'typing',
  rateLimit: 'frames',
  routeResponse: false,
  summary: 'Tell the others that you type, or that you stopped',
  needs: ['mysql', 'connections', 'post'],
  frame: TypingFrame,
  errors: ['chat_not_found'],
});

export const joinChat = defineWebSocketRoute({
  id: 'join-chat',
  routeKey: 'join',
  rateLimit: 'frames',
  routeResponse: true,
  summary: 'Say that you are looking at a chat',
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
  summary: 'Say that you look at a chat no longer',
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
  summary: 'End connections whose lease is over, and tell their chats',
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

import * as z from 'zod';
import { defineWebSocketRoute } from './route.ts';
import { errorCodes } from './errors.ts';
import { Chat, Counter, Id, Message, MessageContent, Timestamp, Uuid, storableText } from './schemas.ts';

/** What a client may put on any frame to know its answer again: it comes back as it was sent. */
export const Ref = z.union([
  z.string().max(128).refine(storableText, 'Must not contain NUL or lone surrogates'),
  z.number(),
]);
const ref = Ref.nullish();

export const MessageFrame = z
  .strictObject({
    type: z.literal('message'),
    chat_id: Id,
    content: MessageContent,
    client_message_id: Uuid.nullish(),
    ref,
  })
  .meta({ id: 'MessageFrame' });

export const TypingFrame = z
  .strictObject({ type: z.literal('typing'), chat_id: Id, content: z.enum(['start', 'stop']), ref })
  .meta({ id: 'TypingFrame' });

export const JoinFrame = z
  .strictObject({ type: z.literal('join'), chat_id: Id, ref })
  .meta({ id: 'JoinFrame' });
export const LeaveFrame = z
  .strictObject({ type: z.literal('leave'), chat_id: Id, ref })
  .meta({ id: 'LeaveFrame' });
export const ReadFrame = z
  .strictObject({ type: z.literal('read'), chat_id: Id, seq: Counter, ref })
  .meta({ id: 'ReadFrame' });
export const PingFrame = z.strictObject({ type: z.literal('ping'), ref }).meta({ id: 'PingFrame' });

const event = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), timestamp: Timestamp, ...shape });

/** A message inside an event: without its content when the event would be too large for a frame. */
const EventMessage = Message.extend({ truncated: z.literal(true).optional() }).meta({ id: 'EventMessage' });
/** A chat inside an event, whose last message may be without its content. */
const EventChat = Chat.extend({ last_message: EventMessage.nullable() }).meta({ id: 'EventChat' });

export const MessageAck = event('ack', {
  chat_id: Id,
  client_message_id: Uuid.nullable(),
  duplicate: z.boolean(),
  message: EventMessage,
}).meta({ id: 'MessageAck' });
export type MessageAck = z.infer<typeof MessageAck>;

export const ChatAck = event('ack', { chat_id: Id, ref: Ref.nullable() }).meta({ id: 'ChatAck' });
export type ChatAck = z.infer<typeof ChatAck>;

export const Pong = event('pong', { ref: Ref.optional() }).meta({ id: 'Pong' });
export type Pong = z.infer<typeof Pong>;

export const ErrorFrame = event('error', {
  detail: z.string(),
  status_code: z.int(),
  code: z.enum(errorCodes),
  ref: Ref.nullable(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  retry_after: z.int().optional(),
}).meta({ id: 'ErrorFrame' });
export type ErrorFrame = z.infer<typeof ErrorFrame>;

/** A frame without its time, which it gets when it is sent. */
export const frameOf = <const Type extends string, const Fields extends object>(
  type: Type,
  fields: Fields,
) => ({
  type,
  ...fields,
});

/** What the service sends to connections on its own account, by `type`. */
export const events = {
  new_message: event('new_message', { chat_id: Id, message: EventMessage }).meta({ id: 'NewMessage' }),
  typing_started: event('typing_started', { chat_id: Id, user_id: Id, expires_in_ms: Counter }).meta({
    id: 'TypingStarted',
  }),
  typing_stopped: event('typing_stopped', { chat_id: Id, user_id: Id, expires_in_ms: Counter }).meta({
    id: 'TypingStopped',
  }),
  user_joined: event('user_joined', { chat_id: Id, user_id: Id }).meta({ id: 'UserJoined' }),
  user_left: event('user_left', { chat_id: Id, user_id: Id }).meta({ id: 'UserLeft' }),
  message_updated: event('message_updated', { chat_id: Id, message: EventMessage }).meta({
    id: 'MessageUpdated',
  }),
  message_deleted: event('message_deleted', { chat_id: Id, message: EventMessage }).meta({
    id: 'MessageDeleted',
  }),
  message_restored: event('message_restored', { chat_id: Id, message: EventMessage }).meta({
    id: 'MessageRestored',
  }),
  read_receipt: event('read_receipt', { chat_id: Id, user_id: Id, seq: Counter }).meta({ id: 'ReadReceipt' }),
  chat_created: event('chat_created', { chat: EventChat }).meta({ id: 'ChatCreated' }),
  chat_updated: event('chat_updated', { chat: EventChat }).meta({ id: 'ChatUpdated' }),
  participants_added: event('participants_added', { chat_id: Id, user_ids: z.array(Id) }).meta({
    id: 'ParticipantsAdded',
  }),
  participants_removed: event('participants_removed', { chat_id: Id, user_ids: z.array(Id) }).meta({
    id: 'ParticipantsRemoved',
  }),
} as const;

/** An event to connections; `timestamp` is stamped when it is sent. */
export type ServerEvent = {
  [Type in keyof typeof events]: Omit<z.infer<(typeof events)[Type]>, 'timestamp'>;
}[keyof typeof events];

export const connect = defineWebSocketRoute({
  id: 'connect',
  routeKey: '$connect',
  routeResponse: false,
  summary: 'Register a connection',
  needs: ['mysql', 'connections', 'session-check', 'post'],
  errors: ['chat_not_found', 'session_revoked', 'too_many_connections', 'store_unavailable'],
});

export const disconnect = defineWebSocketRoute({
  id: 'disconnect',
  routeKey: '$disconnect',
  routeResponse: false,
  summary: 'Forget a connection',
  needs: ['mysql', 'connections', 'post'],
  errors: [],
});

export const rejectFrame = defineWebSocketRoute({
  id: 'reject-frame',
  routeKey: '$default',
  routeResponse: true,
  summary: 'Answer what is not a frame of this interface',
  needs: ['connections', 'post'],
  errors: ['malformed_json', 'unknown_frame_type'],
});

export const receiveMessage = defineWebSocketRoute({
  id: 'receive-message',
  routeKey: 'message',
  routeResponse: false,
  summary: 'Send a message',
  needs: ['mysql', 'mongodb', 'connections', 'rate-limits', 'post'],
  frame: MessageFrame,
  reply: MessageAck,
  errors: ['chat_not_found', 'rate_limited'],
});

export const receiveTyping = defineWebSocketRoute({
  id: 'receive-typing',
  routeKey: 'typing',
  routeResponse: false,
  summary: 'Tell the others that you type, or that you stopped',
  needs: ['mysql', 'connections', 'post'],
  frame: TypingFrame,
  errors: ['chat_not_found'],
});

export const joinChat = defineWebSocketRoute({
  id: 'join-chat',
  routeKey: 'join',
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
  routeResponse: true,
  summary: 'Say that you look at a chat no longer',
  needs: ['mysql', 'connections', 'post'],
  frame: LeaveFrame,
  reply: ChatAck,
  errors: ['chat_not_found'],
});

export const receiveRead = defineWebSocketRoute({
  id: 'receive-read',
  routeKey: 'read',
  routeResponse: false,
  summary: 'Move your read mark forward',
  needs: ['mysql', 'connections', 'post'],
  frame: ReadFrame,
  errors: ['chat_not_found'],
});

export const ping = defineWebSocketRoute({
  id: 'ping',
  routeKey: 'ping',
  routeResponse: true,
  summary: 'Keep the connection alive',
  needs: ['connections', 'post'],
  frame: PingFrame,
  reply: Pong,
  errors: [],
});

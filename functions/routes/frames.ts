import * as z from 'zod';
import { defineEvent, type EventDefinition } from './event.ts';
import { defineWebSocketRoute } from './route.ts';
import { errorCodes } from './errors.ts';
import {
  Chat,
  Counter,
  Id,
  Message,
  MessageContent,
  Participant,
  Timestamp,
  Uuid,
  storableText,
} from './schemas.ts';

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

/** A frame that answers one of the client's. */
const reply = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), timestamp: Timestamp, ...shape });

/** A message inside an event: without its content when the event would be too large for a frame. */
const EventMessage = Message.extend({ truncated: z.literal(true).optional() }).meta({ id: 'EventMessage' });
/** A chat inside an event, whose last message may be without its content. */
const EventChat = Chat.extend({ last_message: EventMessage.nullable() }).meta({ id: 'EventChat' });

export const MessageAck = reply('ack', {
  chat_id: Id,
  client_message_id: Uuid.nullable(),
  duplicate: z.boolean(),
  message: EventMessage,
  ref: Ref.optional(),
}).meta({ id: 'MessageAck' });
export type MessageAck = z.infer<typeof MessageAck>;

export const ChatAck = reply('ack', { chat_id: Id, ref: Ref.nullable() }).meta({ id: 'ChatAck' });
export type ChatAck = z.infer<typeof ChatAck>;

export const Pong = reply('pong', { ref: Ref.optional() }).meta({ id: 'Pong' });
export type Pong = z.infer<typeof Pong>;

export const ErrorFrame = reply('error', {
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

const messageEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({
    id,
    type,
    durable: true,
    audience: 'members',
    fields: { message: EventMessage },
    cut: ['message'],
  });

const chatEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({
    id,
    type,
    durable: true,
    audience: 'receivers',
    fields: { chat: EventChat },
    cut: ['chat', 'last_message'],
  });

const participantsEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({ id, type, durable: true, audience: 'members', fields: { user_ids: z.array(Id) } });

const typingEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({
    id,
    type,
    durable: false,
    audience: 'others',
    fields: { user_id: Id, expires_in_ms: Counter },
  });

const presenceEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({ id, type, durable: false, audience: 'members', fields: { user_id: Id } });

/** What the service sends to connections on its own account, by `type`: the registry of events. */
export const events = {
  new_message: messageEvent('new_message', 'NewMessage'),
  message_updated: messageEvent('message_updated', 'MessageUpdated'),
  message_deleted: messageEvent('message_deleted', 'MessageDeleted'),
  message_restored: messageEvent('message_restored', 'MessageRestored'),
  typing_started: typingEvent('typing_started', 'TypingStarted'),
  typing_stopped: typingEvent('typing_stopped', 'TypingStopped'),
  user_joined: presenceEvent('user_joined', 'UserJoined'),
  user_left: presenceEvent('user_left', 'UserLeft'),
  read_receipt: defineEvent({
    id: 'ReadReceipt',
    type: 'read_receipt',
    // A mark moves without a `rev`: it is the reader's, not the chat's, and `POST /sync` compares it.
    durable: false,
    audience: 'members',
    fields: { user_id: Id, seq: Counter },
  }),
  chat_created: chatEvent('chat_created', 'ChatCreated'),
  chat_updated: chatEvent('chat_updated', 'ChatUpdated'),
  participants_added: participantsEvent('participants_added', 'ParticipantsAdded'),
  participants_removed: participantsEvent('participants_removed', 'ParticipantsRemoved'),
  participant_updated: defineEvent({
    id: 'ParticipantUpdated',
    type: 'participant_updated',
    durable: true,
    audience: 'members',
    fields: { participant: Participant },
  }),
} as const satisfies Readonly<Record<string, EventDefinition>>;

export type EventType = keyof typeof events;

/** An event to connections; `timestamp` is stamped when it is sent. */
export type ServerEvent = {
  [Type in EventType]: Omit<z.infer<(typeof events)[Type]['schema']>, 'timestamp'>;
}[EventType];

/** Where frames carry a message that may be too large for one, by type: those of events, and of the answer to a send. */
export const cutOf = (type: string): readonly string[] | undefined =>
  type === 'ack' ? ['message'] : (events as Readonly<Record<string, EventDefinition>>)[type]?.cut;

export const connect = defineWebSocketRoute({
  id: 'connect',
  routeKey: '$connect',
  pace: 'connects',
  routeResponse: false,
  summary: 'Register a connection',
  needs: ['mysql', 'connections', 'session-check', 'post'],
  errors: ['chat_not_found', 'session_revoked', 'too_many_connections', 'store_unavailable'],
});

export const disconnect = defineWebSocketRoute({
  id: 'disconnect',
  routeKey: '$disconnect',
  pace: { unpaced: 'API Gateway sends it, once a connection.' },
  routeResponse: false,
  summary: 'Forget a connection',
  needs: ['mysql', 'connections', 'post'],
  errors: [],
});

export const rejectFrame = defineWebSocketRoute({
  id: 'reject-frame',
  routeKey: '$default',
  pace: 'frames',
  routeResponse: true,
  summary: 'Answer what is not a frame of this interface',
  needs: ['connections', 'post'],
  errors: ['malformed_json', 'unknown_frame_type'],
});

export const receiveMessage = defineWebSocketRoute({
  id: 'receive-message',
  routeKey: 'message',
  pace: 'sends',
  routeResponse: false,
  summary: 'Send a message',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  frame: MessageFrame,
  reply: MessageAck,
  errors: ['chat_not_found', 'cannot_message_user'],
});

export const receiveTyping = defineWebSocketRoute({
  id: 'receive-typing',
  routeKey: 'typing',
  pace: 'frames',
  routeResponse: false,
  summary: 'Tell the others that you type, or that you stopped',
  needs: ['mysql', 'connections', 'post'],
  frame: TypingFrame,
  errors: ['chat_not_found'],
});

export const joinChat = defineWebSocketRoute({
  id: 'join-chat',
  routeKey: 'join',
  pace: 'frames',
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
  pace: 'frames',
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
  pace: 'frames',
  routeResponse: false,
  summary: 'Move your read mark forward',
  needs: ['mysql', 'connections', 'post'],
  frame: ReadFrame,
  errors: ['chat_not_found'],
});

export const ping = defineWebSocketRoute({
  id: 'ping',
  routeKey: 'ping',
  pace: 'frames',
  routeResponse: true,
  summary: 'Keep the connection alive',
  needs: ['connections', 'post'],
  frame: PingFrame,
  reply: Pong,
  errors: [],
});

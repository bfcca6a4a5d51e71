import { defineEvent } from '../contract/event.ts';
import { TYPING_EXPIRES_MS } from '../contract/limits.ts';
import { Counter, Id } from '../contract/schemas.ts';

const typingEvent = <const Type extends string>(
  type: Type,
  id: string,
  description: string,
  expiresInMs: number,
) =>
  defineEvent({
    id,
    description,
    type,
    durable: false,
    audience: 'others',
    fields: {
      user_id: Id,
      expires_in_ms: Counter.meta({
        description: 'Milliseconds after which the client must hide the indicator by itself.',
        example: expiresInMs,
      }),
    },
  });

const presenceEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({ id, description, type, durable: false, audience: 'members', fields: { user_id: Id } });

export const typingEvents = {
  typing_started: typingEvent(
    'typing_started',
    'TypingStarted',
    `A user is typing. Expires after ${TYPING_EXPIRES_MS / 1000} s without renewal.`,
    TYPING_EXPIRES_MS,
  ),
  typing_stopped: typingEvent('typing_stopped', 'TypingStopped', 'A user stopped typing.', 0),
};

export const presenceEvents = {
  user_joined: presenceEvent('user_joined', 'UserJoined', 'A user has the chat open.'),
  user_left: presenceEvent('user_left', 'UserLeft', 'A user no longer has the chat open, on any connection.'),
};

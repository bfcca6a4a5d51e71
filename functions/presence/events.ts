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
        description: 'After how many milliseconds a client ends the indicator by itself.',
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
    `Somebody types. Ends by itself after ${TYPING_EXPIRES_MS / 1000} s without renewal.`,
    TYPING_EXPIRES_MS,
  ),
  typing_stopped: typingEvent('typing_stopped', 'TypingStopped', 'Somebody types no longer.', 0),
};

export const presenceEvents = {
  user_joined: presenceEvent('user_joined', 'UserJoined', 'Somebody is looking at the chat.'),
  user_left: presenceEvent(
    'user_left',
    'UserLeft',
    'Nobody by this user’s name is looking at the chat any more.',
  ),
};

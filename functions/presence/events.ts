import { defineEvent } from '../contract/event.ts';
import { Counter, Id } from '../contract/schemas.ts';

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

export const typingEvents = {
  typing_started: typingEvent('typing_started', 'TypingStarted'),
  typing_stopped: typingEvent('typing_stopped', 'TypingStopped'),
};

export const presenceEvents = {
  user_joined: presenceEvent('user_joined', 'UserJoined'),
  user_left: presenceEvent('user_left', 'UserLeft'),
};

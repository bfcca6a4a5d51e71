import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Chat, Id, Participant } from '../contract/schemas.ts';
import { EventMessage } from '../messages/events.ts';

/** A chat inside an event. Its last message may be truncated. */
const EventChat = Chat.extend({ last_message: EventMessage.nullable() }).meta({
  id: 'EventChat',
  description: 'A chat inside an event.',
});

const chatEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({
    id,
    description,
    type,
    durable: true,
    audience: 'receivers',
    fields: { chat: EventChat },
    truncatablePath: ['chat', 'last_message'],
  });

const participantsEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({
    id,
    description,
    type,
    durable: true,
    audience: 'members',
    fields: { user_ids: z.array(Id) },
  });

export const chatEvents = {
  chat_created: chatEvent(
    'chat_created',
    'ChatCreated',
    'You are a participant of a new chat, or were added to a group.',
  ),
  chat_updated: chatEvent(
    'chat_updated',
    'ChatUpdated',
    'A chat’s name, avatar or settings changed, or your own state in it.',
  ),
  participants_added: participantsEvent(
    'participants_added',
    'ParticipantsAdded',
    'Users were added to the chat.',
  ),
  participants_removed: participantsEvent(
    'participants_removed',
    'ParticipantsRemoved',
    'Users left the chat or were removed.',
  ),
  participant_updated: defineEvent({
    id: 'ParticipantUpdated',
    description: 'A participant’s role in the group changed.',
    type: 'participant_updated',
    durable: true,
    audience: 'members',
    fields: { participant: Participant.meta({ description: 'The changed participant.' }) },
  }),
};

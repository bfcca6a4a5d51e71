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
  chat_created: chatEvent('chat_created', 'ChatCreated', 'You are in a chat that you were not in before.'),
  chat_updated: chatEvent(
    'chat_updated',
    'ChatUpdated',
    'A chat’s name, picture or settings changed, or your part in it: as you see it now.',
  ),
  participants_added: participantsEvent(
    'participants_added',
    'ParticipantsAdded',
    'Somebody is in the chat now.',
  ),
  participants_removed: participantsEvent(
    'participants_removed',
    'ParticipantsRemoved',
    'Somebody is in the chat no longer.',
  ),
  participant_updated: defineEvent({
    id: 'ParticipantUpdated',
    description: 'Somebody has another role in the group now.',
    type: 'participant_updated',
    durable: true,
    audience: 'members',
    fields: { participant: Participant.meta({ description: 'The participant as they are now.' }) },
  }),
};

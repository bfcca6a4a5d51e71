import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Chat, Id, Participant } from '../contract/schemas.ts';
import { EventMessage } from '../messages/events.ts';

/** A chat inside an event, whose last message may be without its content. */
const EventChat = Chat.extend({ last_message: EventMessage.nullable() }).meta({ id: 'EventChat' });

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

export const chatEvents = {
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
};

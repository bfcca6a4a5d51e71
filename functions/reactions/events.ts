import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Counter, Id } from '../contract/schemas.ts';

const reactionEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({
    id,
    description,
    type,
    durable: true,
    audience: 'members',
    fields: {
      id: Id.meta({ description: 'The message’s id.', example: 99 }),
      emoji: z.string().meta({ description: 'The emoji.', example: '👍' }),
      user_id: Id.meta({ description: 'The user who reacted.', example: 8 }),
      count: Counter.meta({ description: 'The current number of reactions with this emoji.', example: 3 }),
    },
  });

export const reactionEvents = {
  reaction_added: reactionEvent('reaction_added', 'ReactionAdded', 'A user reacted to a message.'),
  reaction_removed: reactionEvent(
    'reaction_removed',
    'ReactionRemoved',
    'A user removed a reaction from a message.',
  ),
};

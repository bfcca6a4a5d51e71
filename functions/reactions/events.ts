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
      user_id: Id.meta({ description: 'Whose reaction it is.', example: 8 }),
      count: Counter.meta({ description: 'How many reactions with this emoji there are now.', example: 3 }),
    },
  });

export const reactionEvents = {
  reaction_added: reactionEvent('reaction_added', 'ReactionAdded', 'Somebody reacted to a message.'),
  reaction_removed: reactionEvent(
    'reaction_removed',
    'ReactionRemoved',
    'Somebody took a reaction to a message back.',
  ),
};

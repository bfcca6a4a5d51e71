import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import { Counter, IdText, Page, PageQuery, PublicProfile, Reaction, Timestamp } from '../contract/schemas.ts';
import { isEmoji } from './rules.ts';

/** Exactly one emoji of Unicode's set that is recommended for general interchange (UTS #51, RGI). */
export const Emoji = z
  .string()
  .refine(isEmoji, 'Must be exactly one emoji, with its variation selector where it has one')
  .meta({ description: 'One emoji, percent-encoded in a path.', example: '👍', minLength: 1, maxLength: 32 });

const MessageId = IdText.meta({ description: 'The message’s `id`.', example: 99 });
const ReactionParams = z.object({ id: MessageId, emoji: Emoji });

export const MessageReactions = z
  .object({
    reactions: z
      .array(Reaction)
      .meta({ description: 'All reactions to the message by emoji, earliest used first.' }),
    rev: Counter.meta({ description: 'The message’s `rev` with these reactions.', example: 17 }),
  })
  .meta({ id: 'MessageReactions', description: 'The reactions to a message.' });
export type MessageReactions = z.infer<typeof MessageReactions>;

/** One user's reaction. */
export const UserReaction = z
  .object({
    emoji: z.string().meta({ description: 'The emoji.', example: '👍' }),
    user: PublicProfile.meta({ description: 'The user who reacted.' }),
    created_at: Timestamp,
  })
  .meta({ id: 'UserReaction', description: 'The reaction of one user.' });
export type UserReaction = z.infer<typeof UserReaction>;

export const ListReactionsQuery = PageQuery.extend({ emoji: Emoji.optional() });
export type ListReactionsQuery = z.infer<typeof ListReactionsQuery>;

export const addReaction = defineHttpRoute({
  id: 'add-reaction',
  method: 'PUT',
  path: '/api/v1/messages/{id}/reactions/{emoji}',
  tag: 'Messages',
  summary: 'React to a message',
  description: `Adding a reaction again changes nothing. A message has at most ${limits.reactions_per_message} different emoji. Reactions share the rate limit of messages.`,
  auth: 'user',
  rateLimit: 'sends',
  needs: ['mysql', 'connections', 'post'],
  params: ReactionParams,
  responses: { 200: { description: 'The current reactions', body: MessageReactions } },
  errors: ['message_not_found', 'message_deleted', 'too_many_reactions'],
});

export const removeReaction = defineHttpRoute({
  id: 'remove-reaction',
  method: 'DELETE',
  path: '/api/v1/messages/{id}/reactions/{emoji}',
  tag: 'Messages',
  summary: 'Remove your reaction from a message',
  description: 'Removing a reaction that does not exist changes nothing.',
  auth: 'user',
  rateLimit: 'sends',
  needs: ['mysql', 'connections', 'post'],
  params: ReactionParams,
  responses: { 204: { description: 'You have no reaction with this emoji', body: null } },
  errors: ['message_not_found'],
});

export const listReactions = defineHttpRoute({
  id: 'list-reactions',
  method: 'GET',
  path: '/api/v1/messages/{id}/reactions',
  collection: true,
  tag: 'Messages',
  summary: 'List the reactions to a message, oldest first',
  description: '`emoji` returns only reactions with this emoji. A deleted message has none.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  params: z.object({ id: MessageId }),
  query: ListReactionsQuery,
  responses: {
    200: {
      description: 'A page of reactions',
      body: Page(UserReaction).meta({ id: 'ReactionPage', description: 'A page of reactions.' }),
    },
  },
  errors: ['message_not_found'],
});

export const feature = {
  name: 'reactions',
  http: [addReaction, removeReaction, listReactions],
} as const satisfies Feature;

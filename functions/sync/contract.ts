import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { SYNC_CHATS_MAX, SYNC_JOINED_MAX, SYNC_MESSAGES } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import { Chat, Counter, Id, Message, Participant } from '../contract/schemas.ts';

export const SyncBody = z
  .strictObject({
    chats: z
      .array(
        z
          .strictObject({
            chat_id: Id,
            rev: Counter.meta({ description: 'The `rev` that you have.', example: 16 }),
            last_read_seq: Counter.optional().meta({
              description: 'The read mark that you have; without it, the mark is not compared.',
              example: 9,
            }),
          })
          .meta({ id: 'KnownChat', description: 'A chat as the client has it.' }),
      )
      .max(SYNC_CHATS_MAX)
      .meta({ description: 'What you hold; empty for a fresh start.' }),
    limit: z
      .int()
      .min(1)
      .max(SYNC_MESSAGES.max)
      .default(SYNC_MESSAGES.default)
      .meta({
        description: `How many messages at most, over all chats; ${SYNC_MESSAGES.default} unless given.`,
        example: 200,
      }),
  })
  .meta({
    id: 'SyncBody',
    description: 'The chats that a client holds, and how far.',
    example: { chats: [{ chat_id: 42, rev: 17, last_read_seq: 9 }] },
  });

export type SyncBody = z.infer<typeof SyncBody>;

export const SyncAnswer = z
  .object({
    chats: z
      .array(
        z
          .object({
            chat_id: Id,
            rev: Counter.meta({ description: 'The `rev` to ask with next.', example: 17 }),
            last_seq: Counter,
            last_read_seq: Counter,
            unread_count: Counter,
            chat: Chat.nullable().meta({
              description: 'The chat as it is now, when its own fields or its members changed; else null.',
            }),
            participants: z.array(Participant).nullable().meta({
              description: 'Who is in the chat now, when its own fields or its members changed; else null.',
            }),
            messages: z.array(Message).meta({ description: 'Changed messages, oldest change first.' }),
            has_more: z.boolean(),
          })
          .meta({ id: 'ChatChanges', description: 'What is different in a chat.' }),
      )
      .meta({ description: 'The chats, in the order asked.' }),
    joined: z
      .array(Chat)
      .meta({ description: 'Chats of yours that you did not name, the latest first.', example: [] }),
    more_joined: z.boolean().meta({ description: 'Whether there are more than these.', example: false }),
    left: z.array(Id).meta({ description: 'Chats that you named and are not in.', example: [] }),
  })
  .meta({ id: 'SyncAnswer', description: 'What is different from what the client has.' });

export type SyncAnswer = z.infer<typeof SyncAnswer>;

export const sync = defineHttpRoute({
  id: 'sync',
  method: 'POST',
  path: '/api/v1/sync',
  tag: 'Messages',
  summary: 'Everything that is different from what you have',
  description: `Names chats as the client has them, and answers what is different; a chat that is as named is left out. Chats are served in the order asked. Ask again with the \`rev\` of the answer while \`has_more\` is true. \`chat\` and \`participants\` are whole when the chat’s own fields or its members changed after your \`rev\`, else null. \`joined\` are chats that you did not name, the latest ${SYNC_JOINED_MAX} at most, \`left\` those that you named and are no longer in.`,
  auth: 'user',
  rateLimit: readsAreUnlimited,
  readsOnly: true,
  needs: ['mysql', 'mongodb', 'file-urls', 'connections-read'],
  body: SyncBody,
  responses: { 200: { description: 'The changes, oldest first in each chat', body: SyncAnswer } },
  errors: [],
});

export const feature = { name: 'sync', http: [sync] } as const satisfies Feature;

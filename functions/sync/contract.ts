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
            rev: Counter.meta({ description: 'The `rev` that the client has.', example: 16 }),
            last_read_seq: Counter.optional().meta({
              description: 'The read mark that the client has; absent: read marks are not compared.',
              example: 9,
            }),
          })
          .meta({ id: 'KnownChat', description: 'A chat as the client has it.' }),
      )
      .max(SYNC_CHATS_MAX)
      .meta({ description: 'The chats that the client has; empty for a fresh start.' }),
    limit: z
      .int()
      .min(1)
      .max(SYNC_MESSAGES.max)
      .default(SYNC_MESSAGES.default)
      .meta({
        description: `The maximum number of messages, over all chats; ${SYNC_MESSAGES.default} by default.`,
        example: 200,
      }),
  })
  .meta({
    id: 'SyncBody',
    description: 'The chats that a client has, and their `rev`.',
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
            rev: Counter.meta({ description: 'The `rev` for the next request.', example: 17 }),
            last_seq: Counter,
            last_read_seq: Counter,
            unread_count: Counter,
            chat: Chat.nullable().meta({
              description: 'The current chat if its own fields or its members changed; else null.',
            }),
            participants: z.array(Participant).nullable().meta({
              description:
                'The current participants if the chat’s own fields or its members changed; else null.',
            }),
            messages: z.array(Message).meta({ description: 'Changed messages, oldest change first.' }),
            has_more: z.boolean(),
          })
          .meta({ id: 'ChatChanges', description: 'The differences in a chat.' }),
      )
      .meta({ description: 'The chats that differ, in the order of the request.' }),
    joined: z
      .array(Chat)
      .meta({ description: 'Your chats that are not in the request, latest activity first.', example: [] }),
    more_joined: z
      .boolean()
      .meta({ description: 'Whether there are more chats than `joined` contains.', example: false }),
    left: z
      .array(Id)
      .meta({ description: 'The ids of chats in the request that you are not in.', example: [] }),
  })
  .meta({ id: 'SyncAnswer', description: 'The differences from the client’s state.' });

export type SyncAnswer = z.infer<typeof SyncAnswer>;

export const sync = defineHttpRoute({
  id: 'sync',
  method: 'POST',
  path: '/api/v1/sync',
  tag: 'Messages',
  summary: 'Get everything that differs from the client’s state',
  description: `The request lists the client’s chats; the response contains the chats that differ, in the same order. Repeat the request with the returned \`rev\` while \`has_more\` is true, and hold the chat’s events back until then: a part lacks messages that have changed again. \`chat\` and \`participants\` are complete if the chat’s own fields or its members changed after the client’s \`rev\`, else null; they may follow in the next response. \`joined\` contains your chats that are not in the request, at most the latest ${SYNC_JOINED_MAX}; \`left\` lists chats in the request that you are not in.`,
  auth: 'user',
  rateLimit: readsAreUnlimited,
  readsOnly: true,
  needs: ['mysql', 'mongodb', 'file-urls', 'connections-read'],
  body: SyncBody,
  responses: { 200: { description: 'The changes, oldest first in each chat', body: SyncAnswer } },
  errors: [],
});

export const feature = { name: 'sync', http: [sync] } as const satisfies Feature;

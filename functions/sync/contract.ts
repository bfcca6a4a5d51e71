import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { SYNC_CHATS_MAX, SYNC_MESSAGES } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnpaced } from '../contract/route.ts';
import { Chat, Counter, Id, Message, Participant } from '../contract/schemas.ts';

export const SyncBody = z
  .strictObject({
    chats: z
      .array(z.strictObject({ chat_id: Id, rev: Counter, last_read_seq: Counter.optional() }))
      .max(SYNC_CHATS_MAX),
    limit: z.int().min(1).max(SYNC_MESSAGES.max).default(SYNC_MESSAGES.default),
  })
  .meta({ id: 'SyncBody', example: { chats: [{ chat_id: 42, rev: 17, last_read_seq: 9 }] } });

export type SyncBody = z.infer<typeof SyncBody>;

export const SyncAnswer = z
  .object({
    chats: z.array(
      z.object({
        chat_id: Id,
        rev: Counter,
        last_seq: Counter,
        last_read_seq: Counter,
        unread_count: Counter,
        chat: Chat.nullable(),
        participants: z.array(Participant).nullable(),
        messages: z.array(Message),
        has_more: z.boolean(),
      }),
    ),
    joined: z.array(Chat),
    more_joined: z.boolean(),
    left: z.array(Id),
  })
  .meta({ id: 'SyncAnswer' });

export type SyncAnswer = z.infer<typeof SyncAnswer>;

export const sync = defineHttpRoute({
  id: 'sync',
  method: 'POST',
  path: '/api/v1/sync',
  tag: 'Messages',
  summary: 'Everything that is different from what you have',
  auth: 'user',
  pace: readsAreUnpaced,
  readsOnly: true,
  needs: ['mysql', 'mongodb', 'connections-read'],
  body: SyncBody,
  responses: { 200: { description: 'The changes, oldest first in each chat', body: SyncAnswer } },
  errors: [],
});

export const feature = { name: 'sync', http: [sync] } as const satisfies Feature;

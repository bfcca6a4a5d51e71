import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { ref } from '../contract/frames.ts';
import { defineHttpRoute, defineWebSocketRoute } from '../contract/route.ts';
import { ChatParams, Counter, Id } from '../contract/schemas.ts';

export const MarkReadBody = z
  .strictObject({ seq: Counter })
  .meta({ id: 'MarkReadBody', description: 'Your new read mark.', example: { seq: 12 } });
export type MarkReadBody = z.infer<typeof MarkReadBody>;

export const ReadMark = z
  .object({ chat_id: Id, last_read_seq: Counter, unread_count: Counter })
  .meta({ id: 'ReadMark', description: 'Your read mark in a chat.' });
export type ReadMark = z.infer<typeof ReadMark>;

export const markRead = defineHttpRoute({
  id: 'mark-read',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/read',
  tag: 'Chats',
  summary: 'Move your read mark forward',
  description: 'A read mark never moves back; a `seq` past the end counts as the end.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'connections', 'post'],
  params: ChatParams,
  body: MarkReadBody,
  responses: { 200: { description: 'The current read mark', body: ReadMark } },
  errors: ['chat_not_found'],
});

export const ReadFrame = z
  .strictObject({ type: z.literal('read'), chat_id: Id, seq: Counter, ref })
  .meta({ id: 'ReadFrame', description: 'Moves your read mark forward. Has no reply.' });

export const receiveRead = defineWebSocketRoute({
  id: 'receive-read',
  routeKey: 'read',
  rateLimit: 'frames',
  routeResponse: false,
  summary: 'Move your read mark forward',
  needs: ['mysql', 'connections', 'post'],
  frame: ReadFrame,
  errors: ['chat_not_found'],
});

export const feature = {
  name: 'reading',
  http: [markRead],
  webSocket: [receiveRead],
} as const satisfies Feature;

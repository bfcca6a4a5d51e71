import * as z from 'zod';
import { ChatParams } from './chats.ts';
import { defineHttpRoute } from './route.ts';
import {
  HistoryQuery,
  Id,
  MessageContent,
  MessageCursorPage,
  MessagePage,
  SentMessage,
  Uuid,
} from './schemas.ts';

export const SendMessageBody = z
  .strictObject({ chat_id: Id, content: MessageContent, client_message_id: Uuid.nullish() })
  .meta({ id: 'SendMessageBody' });
export type SendMessageBody = z.infer<typeof SendMessageBody>;

export const sendMessage = defineHttpRoute({
  id: 'send-message',
  method: 'POST',
  path: '/api/v1/messages',
  collection: true,
  tag: 'Messages',
  summary: 'Send a message',
  auth: 'user',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  body: SendMessageBody,
  responses: {
    200: { description: 'It had been sent before, under the same client_message_id', body: SentMessage },
    201: { description: 'The message, held by both stores', body: SentMessage },
  },
  errors: ['chat_not_found'],
});

export const listMessages = defineHttpRoute({
  id: 'list-messages',
  method: 'GET',
  path: '/api/v1/messages/chat/{chat_id}',
  collection: true,
  tag: 'Messages',
  summary: 'The history of a chat, by page (newest first) or by cursor',
  auth: 'user',
  needs: ['mysql', 'mongodb'],
  params: ChatParams,
  query: HistoryQuery,
  responses: {
    200: { description: 'Messages', body: z.union([MessagePage, MessageCursorPage]) },
  },
  errors: ['chat_not_found'],
});

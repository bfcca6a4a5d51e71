import * as z from 'zod';
import { ChatParams } from './chats.ts';
import { defineHttpRoute, readsAreUnpaced } from './route.ts';
import { SEARCH_CHARACTERS_MIN, SYNC_CHATS_MAX, SYNC_MESSAGES } from './limits.ts';
import {
  Chat,
  Counter,
  HistoryQuery,
  Id,
  IdText,
  Message,
  MessageContent,
  MessageCursorPage,
  MessagePage,
  PageQuery,
  Participant,
  SentMessage,
  Text,
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
  pace: 'sends',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  body: SendMessageBody,
  responses: {
    200: { description: 'It had been sent before, under the same client_message_id', body: SentMessage },
    201: { description: 'The message, held by both stores', body: SentMessage },
  },
  errors: ['chat_not_found', 'cannot_message_user'],
});

export const listMessages = defineHttpRoute({
  id: 'list-messages',
  method: 'GET',
  path: '/api/v1/messages/chat/{chat_id}',
  collection: true,
  tag: 'Messages',
  summary: 'The history of a chat, by page (newest first) or by cursor',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['mysql', 'mongodb'],
  params: ChatParams,
  query: HistoryQuery,
  responses: {
    200: { description: 'Messages', body: z.union([MessagePage, MessageCursorPage]) },
  },
  errors: ['chat_not_found'],
});

const MessageParams = z.object({ id: IdText });

export const EditMessageBody = z.strictObject({ content: MessageContent }).meta({ id: 'EditMessageBody' });
export type EditMessageBody = z.infer<typeof EditMessageBody>;

export const getMessage = defineHttpRoute({
  id: 'get-message',
  method: 'GET',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'One message',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['mysql', 'mongodb'],
  params: MessageParams,
  responses: { 200: { description: 'The message; without content when it is deleted', body: Message } },
  errors: ['message_not_found'],
});

export const editMessage = defineHttpRoute({
  id: 'edit-message',
  method: 'PUT',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'Change the content of a message that you sent',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  params: MessageParams,
  body: EditMessageBody,
  responses: { 200: { description: 'The message as it is now', body: Message } },
  errors: ['message_not_found', 'not_message_sender', 'message_deleted'],
});

export const deleteMessage = defineHttpRoute({
  id: 'delete-message',
  method: 'DELETE',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'Delete a message; it can be restored for 30 days',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  params: MessageParams,
  responses: { 204: { description: 'The message is deleted', body: null } },
  errors: ['message_not_found', 'not_message_sender'],
});

export const restoreMessage = defineHttpRoute({
  id: 'restore-message',
  method: 'POST',
  path: '/api/v1/messages/{id}/restore',
  tag: 'Messages',
  summary: 'Take back the deletion of a message',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  params: MessageParams,
  responses: { 200: { description: 'The message, with its content', body: Message } },
  errors: ['message_not_found', 'not_message_sender', 'restore_window_over'],
});

/** One character is a question where it is a word by itself, as 🎉 and 猫 are. */
const MessageQuestion = Text({ min: 1, max: 200 })
  .refine(
    (text) => text.length >= SEARCH_CHARACTERS_MIN || /[^\p{ASCII}]/u.test(text),
    `Must have at least ${SEARCH_CHARACTERS_MIN} characters, or one beyond ASCII`,
  )
  .meta({ pattern: String.raw`^([\s\S]{${SEARCH_CHARACTERS_MIN},}|[^\u0000-\u007f])$` });

export const SearchMessagesQuery = PageQuery.extend({
  q: MessageQuestion,
  chat_id: IdText.optional(),
});
export type SearchMessagesQuery = z.infer<typeof SearchMessagesQuery>;

export const searchMessages = defineHttpRoute({
  id: 'search-messages',
  method: 'GET',
  path: '/api/v1/messages/search',
  tag: 'Messages',
  summary: 'Messages of your chats that have all the words, newest first',
  auth: 'user',
  pace: 'searches',
  needs: ['mysql', 'mongodb'],
  query: SearchMessagesQuery,
  responses: { 200: { description: 'A page of messages', body: MessagePage } },
  errors: ['chat_not_found'],
});

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

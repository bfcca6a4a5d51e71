import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { Ref, ref, reply } from '../contract/frames.ts';
import { PAGE_ITEMS_DEFAULT, limits } from '../contract/limits.ts';
import {
  type JobRoute,
  defineHttpRoute,
  defineWebSocketRoute,
  readsAreUnlimited,
} from '../contract/route.ts';
import {
  ChatParams,
  Counter,
  CounterText,
  GivenUuid,
  Id,
  IdText,
  Message,
  Page,
  Uuid,
  VisibleText,
  limitText,
  pageText,
} from '../contract/schemas.ts';
import { AckMessage } from './events.ts';

/**
 * The text of a message: stored verbatim, with something visible in it, measured in code points. A message with files
 * may have an empty text.
 */
const MessageContent = VisibleText({ min: 0, max: limits.message_characters }).meta({
  example: 'Shall we meet at nine?',
});

/** A message in the response to its sending; `duplicate` is present only when the message had been sent before. */
export const SentMessage = Message.extend({
  duplicate: z.boolean().optional().meta({ description: 'True if the message had been sent before.' }),
}).meta({ id: 'SentMessage', description: 'The message that was sent.' });
export type SentMessage = z.infer<typeof SentMessage>;

/** A page by number, or the messages before or after a `seq`. */
export const HistoryQuery = z
  .object({
    page: pageText.optional(),
    limit: limitText.default(PAGE_ITEMS_DEFAULT),
    before_seq: CounterText.optional().meta({
      description: 'Returns messages before this `seq`, newest first.',
      example: 12,
    }),
    after_seq: CounterText.optional().meta({
      description: 'Returns messages after this `seq`, oldest first.',
      example: 12,
    }),
  })
  .refine(
    (query) => [query.page, query.before_seq, query.after_seq].filter((v) => v !== undefined).length <= 1,
    { message: 'Give at most one of page, before_seq and after_seq', path: ['page'] },
  );
export type HistoryQuery = z.infer<typeof HistoryQuery>;

export const MessagePage = Page(Message).meta({ id: 'MessagePage', description: 'A page of messages.' });

const isDefined = (value: unknown): boolean => value !== undefined;
/** Whether a response has either the fields of a page or those of a cursor, and none of the other's. */
const isHistory = ({
  total,
  page,
  pages,
  has_more,
  next_before_seq,
  next_after_seq,
}: HistoryFields): boolean =>
  has_more === undefined
    ? [total, page, pages].every(isDefined) && ![next_before_seq, next_after_seq].some(isDefined)
    : ![total, page, pages].some(isDefined) &&
      (next_before_seq === undefined) !== (next_after_seq === undefined);

const historyFields = z.object({
  items: z.array(Message),
  limit: z.int().min(1),
  total: Counter.optional().meta({
    description: 'The number of messages on all pages; only in requests by page.',
  }),
  page: z.int().min(1).optional().meta({ description: 'The page number, from 1; only in requests by page.' }),
  pages: Counter.optional().meta({ description: 'The number of pages; only in requests by page.' }),
  has_more: z
    .boolean()
    .optional()
    .meta({ description: 'Whether there are more messages; only in requests by cursor.' }),
  next_before_seq: Counter.nullable().optional().meta({
    description: 'The `before_seq` of the next request; null at the end. Only in requests by `before_seq`.',
  }),
  next_after_seq: Counter.nullable().optional().meta({
    description: 'The `after_seq` of the next request; null at the end. Only in requests by `after_seq`.',
  }),
});
type HistoryFields = z.infer<typeof historyFields>;

/**
 * The history of a chat: one object for both kinds of query instead of a union of two, which generated clients of
 * several languages cannot read. `total`, `page` and `pages` belong to a page; `has_more` and the next cursor belong
 * to a query by cursor.
 */
export const MessageHistory = historyFields.refine(isHistory).meta({
  id: 'MessageHistory',
  description: 'Messages of a chat: a page, or the messages before or after a `seq`.',
  dependentRequired: {
    total: ['page', 'pages'],
    page: ['total', 'pages'],
    pages: ['total', 'page'],
    next_before_seq: ['has_more'],
    next_after_seq: ['has_more'],
  },
});

/** A history by cursor: `next_before_seq` or `next_after_seq` is the cursor of the next request, null at the end. */
export const MessageCursorPage = historyFields
  .omit({ total: true, page: true, pages: true })
  .extend({ has_more: z.boolean() })
  .meta({ id: 'MessageCursorPage', description: 'Messages of a chat before or after a `seq`.' });
export type MessageCursorPage = z.infer<typeof MessageCursorPage>;

/** The users whom a message mentions; ids of users who are not in the chat are ignored. */
const mentions = {
  mentions: z
    .array(Id)
    .max(limits.mentions_per_message)
    .refine((ids) => new Set(ids).size === ids.length, 'Must name each person once')
    .optional()
    .meta({
      description: 'The ids of the mentioned users, each once. Users who are not in the chat are ignored.',
      example: [8],
      uniqueItems: true,
    }),
  mention_all: z
    .boolean()
    .optional()
    .meta({ description: 'Whether everybody in the chat is mentioned.', example: false }),
};

/** The fields of a new message, over HTTP and in a frame. */
const newMessage = {
  chat_id: Id,
  content: MessageContent,
  client_message_id: Uuid.nullish(),
  reply_to_id: Id.nullish().meta({
    description: 'The `id` of the message in this chat that this one replies to.',
    example: 98,
  }),
  ...mentions,
  attachment_ids: z
    .array(GivenUuid)
    .max(limits.attachments_per_message)
    .refine((ids) => new Set(ids).size === ids.length, 'Must name each file once')
    .optional()
    .meta({
      description: 'The ids of your files, in display order: completed, and not yet in a message.',
      example: [],
      uniqueItems: true,
    }),
};

/** Whether a message has text or files. */
const hasSomething = ({
  content,
  attachment_ids: ids = [],
}: {
  readonly content: string;
  readonly attachment_ids?: readonly string[] | undefined;
}): boolean => content !== '' || ids.length > 0;

/** The error for a message without text and files. */
export const NOTHING_TO_SEE = 'Must not be empty in a message without files';
const nothingThere = { message: NOTHING_TO_SEE, path: ['content'] };

export const SendMessageBody = z
  .strictObject(newMessage)
  .refine(hasSomething, nothingThere)
  .meta({ id: 'SendMessageBody', description: 'A message to a chat.' });
export type SendMessageBody = z.infer<typeof SendMessageBody>;

export const sendMessage = defineHttpRoute({
  id: 'send-message',
  method: 'POST',
  path: '/api/v1/messages',
  collection: true,
  tag: 'Messages',
  summary: 'Send a message',
  description:
    'The response comes once both stores hold the message. Sending again with the same `client_message_id` returns the first message and does not broadcast it again. Nobody can send in a direct chat if the other account is deactivated or one of the two users has blocked the other. In a group, members must wait `slow_seconds` between two messages, and cannot send if `posting` is `admins`.',
  auth: 'user',
  rateLimit: 'sends',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post', 'dispatch-queue'],
  body: SendMessageBody,
  responses: {
    200: {
      description: 'The message that was sent before with the same client_message_id',
      body: SentMessage,
    },
    201: { description: 'The message, which both stores hold', body: SentMessage },
  },
  errors: [
    'chat_not_found',
    'cannot_message_user',
    'posting_not_allowed',
    'slow_mode',
    'reply_target_not_found',
    'unknown_attachment',
    'attachment_not_ready',
    'attachment_in_use',
  ],
});

export const listMessages = defineHttpRoute({
  id: 'list-messages',
  method: 'GET',
  path: '/api/v1/messages/chat/{chat_id}',
  collection: true,
  tag: 'Messages',
  summary: 'List the messages of a chat, by page (newest first) or by cursor',
  description:
    'Give at most one of `page`, `before_seq` (older messages, newest first) and `after_seq` (newer messages, oldest first). Deleted messages are left out.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
  params: ChatParams,
  query: HistoryQuery,
  responses: {
    200: {
      description: 'The messages',
      body: MessageHistory,
      examples: {
        page: { total: 1, page: 1, pages: 1 },
        cursor: { has_more: false, next_before_seq: null },
      },
    },
  },
  errors: ['chat_not_found'],
});

export const MessageParams = z.object({
  id: IdText.meta({ description: 'The message’s `id`.', example: 99 }),
});

export const EditMessageBody = z.strictObject({ content: MessageContent, ...mentions }).meta({
  id: 'EditMessageBody',
  description: 'The new text and mentions; absent mention fields stay unchanged.',
});
export type EditMessageBody = z.infer<typeof EditMessageBody>;

export const getMessage = defineHttpRoute({
  id: 'get-message',
  method: 'GET',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'Get a message',
  description:
    'If the message is deleted, `content` is null, and it has no `reply_to`, mentions, reactions or pin.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
  params: MessageParams,
  responses: { 200: { description: 'The message, without content if it is deleted', body: Message } },
  errors: ['message_not_found'],
});

export const editMessage = defineHttpRoute({
  id: 'edit-message',
  method: 'PUT',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'Edit a message that you sent',
  description:
    'For the sender. Given mentions replace the earlier ones. A request without a difference changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: MessageParams,
  body: EditMessageBody,
  responses: { 200: { description: 'The changed message', body: Message } },
  errors: ['message_not_found', 'not_message_sender', 'message_deleted'],
});

export const deleteMessage = defineHttpRoute({
  id: 'delete-message',
  method: 'DELETE',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: `Delete a message; it can be restored for ${limits.restore_days} days`,
  description: 'For the sender and a group’s admins. Deleting a message again changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
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
  summary: 'Restore a deleted message',
  description:
    'For users who may delete the message. Restoring a message that is not deleted changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: MessageParams,
  responses: { 200: { description: 'The message, with its content', body: Message } },
  errors: ['message_not_found', 'not_message_sender', 'message_removed', 'restore_window_over'],
});

export const MessageFrame = z
  .strictObject({ type: z.literal('message'), ...newMessage, ref })
  .refine(hasSomething, nothingThere)
  .meta({ id: 'MessageFrame', description: 'Sends a message.' });

export const MessageAck = reply('ack', {
  chat_id: Id,
  client_message_id: Uuid.nullable(),
  duplicate: z.boolean().meta({
    description: 'Whether it had been sent before; `message` is then the first one.',
    example: false,
  }),
  message: AckMessage,
  ref: Ref.optional(),
}).meta({ id: 'MessageAck', description: 'The reply to `message`: both stores hold the message.' });
export type MessageAck = z.infer<typeof MessageAck>;

export const receiveMessage = defineWebSocketRoute({
  id: 'receive-message',
  routeKey: 'message',
  rateLimit: 'sends',
  routeResponse: false,
  summary: 'Send a message',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post', 'dispatch-queue'],
  frame: MessageFrame,
  reply: MessageAck,
  errors: [
    'chat_not_found',
    'cannot_message_user',
    'posting_not_allowed',
    'slow_mode',
    'reply_target_not_found',
    'unknown_attachment',
    'attachment_not_ready',
    'attachment_in_use',
  ],
});

/** Cleans up after interrupted sends and edits. */
export const reapOrphans: JobRoute = {
  transport: 'job',
  id: 'reap-orphans',
  summary: 'Remove contents without metadata, and settle interrupted edits, both older than an hour',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

/** Removes the contents of messages that can no longer be restored. */
export const purgeDeleted: JobRoute = {
  transport: 'job',
  id: 'purge-deleted',
  summary: 'Remove the contents of deleted messages that can no longer be restored',
  schedule: 'rate(1 day)',
  needs: ['mysql', 'mongodb', 'file-removal'],
  errors: [],
};

export const feature = {
  name: 'messages',
  http: [sendMessage, listMessages, getMessage, editMessage, deleteMessage, restoreMessage],
  webSocket: [receiveMessage],
  jobs: [reapOrphans, purgeDeleted],
} as const satisfies Feature;

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
  duplicate: z.boolean().optional().meta({ description: 'True when it had been sent before.' }),
}).meta({ id: 'SentMessage', description: 'The message that was sent.' });
export type SentMessage = z.infer<typeof SentMessage>;

/** A page by number, or the messages before or after a `seq`. */
export const HistoryQuery = z
  .object({
    page: pageText.optional(),
    limit: limitText.default(PAGE_ITEMS_DEFAULT),
    before_seq: CounterText.optional().meta({
      description: 'Messages before this one, newest first.',
      example: 12,
    }),
    after_seq: CounterText.optional().meta({
      description: 'Messages after this one, oldest first.',
      example: 12,
    }),
  })
  .refine(
    (query) => [query.page, query.before_seq, query.after_seq].filter((v) => v !== undefined).length <= 1,
    { message: 'Give one of page, before_seq and after_seq', path: ['page'] },
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
  total: Counter.optional().meta({ description: 'How many there are on all pages; by page only.' }),
  page: z.int().min(1).optional().meta({ description: 'Which page, from 1; by page only.' }),
  pages: Counter.optional().meta({ description: 'How many pages there are; by page only.' }),
  has_more: z.boolean().optional().meta({ description: 'Whether there is more to fetch; by cursor only.' }),
  next_before_seq: Counter.nullable()
    .optional()
    .meta({ description: 'The `before_seq` to go on with; null at the end. Only after `before_seq`.' }),
  next_after_seq: Counter.nullable()
    .optional()
    .meta({ description: 'The `after_seq` to go on with; null at the end. Only after `after_seq`.' }),
});
type HistoryFields = z.infer<typeof historyFields>;

/**
 * The history of a chat: one object for both kinds of query instead of a union of two, which generated clients of
 * several languages cannot read. `total`, `page` and `pages` belong to a page; `has_more` and the next cursor belong
 * to a query by cursor.
 */
export const MessageHistory = historyFields.refine(isHistory).meta({
  id: 'MessageHistory',
  description: 'Messages of a chat: a page, or those before or after a place in it.',
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
  .meta({ id: 'MessageCursorPage', description: 'Messages before or after a place in the chat.' });
export type MessageCursorPage = z.infer<typeof MessageCursorPage>;

/** The users whom a message mentions; ids of users who are not in the chat are ignored. */
const mentions = {
  mentions: z
    .array(Id)
    .max(limits.mentions_per_message)
    .refine((ids) => new Set(ids).size === ids.length, 'Must name each person once')
    .optional()
    .meta({
      description: 'Ids of the people mentioned, each once. Who is not in the chat is left out.',
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
    description: 'The message of this chat that it replies to.',
    example: 98,
  }),
  ...mentions,
  attachment_ids: z
    .array(GivenUuid)
    .max(limits.attachments_per_message)
    .refine((ids) => new Set(ids).size === ids.length, 'Must name each file once')
    .optional()
    .meta({
      description:
        'Ids of your files, completed and in no message yet, in the order in which they are shown.',
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
    'Acknowledged once both stores hold it. A send repeated with the same `client_message_id` is answered with the first message and is not broadcast again. In a direct chat whose other person has gone, or where one of the two has blocked the other, nobody can send. In a group, members wait for `slow_seconds` between two messages, and send nothing where `posting` is `admins`.',
  auth: 'user',
  rateLimit: 'sends',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post', 'dispatch-queue'],
  body: SendMessageBody,
  responses: {
    200: { description: 'It had been sent before, under the same client_message_id', body: SentMessage },
    201: { description: 'The message, held by both stores', body: SentMessage },
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
  summary: 'The history of a chat, by page (newest first) or by cursor',
  description:
    'Give `page` for pages, `before_seq` for older messages (newest first) or `after_seq` for newer ones (oldest first): one of them. Deleted messages are left out.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
  params: ChatParams,
  query: HistoryQuery,
  responses: {
    200: {
      description: 'Messages',
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
  description: 'The new text, and whom it mentions: whoever is left out of the fields stays as it was.',
});
export type EditMessageBody = z.infer<typeof EditMessageBody>;

export const getMessage = defineHttpRoute({
  id: 'get-message',
  method: 'GET',
  path: '/api/v1/messages/{id}',
  tag: 'Messages',
  summary: 'One message',
  description:
    'A deleted message is answered with `content: null`, and without what it replies to, mentions, reactions and pin.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
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
  description:
    'The sender alone may. Mentions that are given take the place of those before. What is as it was already changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
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
  summary: `Delete a message; it can be restored for ${limits.restore_days} days`,
  description: 'The sender and a group’s admins may. Deleting it again changes nothing.',
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
  summary: 'Take back the deletion of a message',
  description: 'Whoever may delete it may restore it. Restoring what is not deleted changes nothing.',
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
  duplicate: z
    .boolean()
    .meta({ description: 'It had been sent before, and this is the first one.', example: false }),
  message: AckMessage,
  ref: Ref.optional(),
}).meta({ id: 'MessageAck', description: 'The answer to `message`: the message is held by both stores.' });
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
  summary: 'Remove contents without metadata, and settle edits that broke off, that are older than an hour',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

/** Removes the contents of messages that can no longer be restored. */
export const purgeDeleted: JobRoute = {
  transport: 'job',
  id: 'purge-deleted',
  summary: 'Remove the contents of messages that were deleted too long ago to be restored',
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

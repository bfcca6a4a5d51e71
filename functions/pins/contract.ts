import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import { ChatParams, Message, PageQuery } from '../contract/schemas.ts';
import { MessagePage, MessageParams } from '../messages/contract.ts';

export const pinMessage = defineHttpRoute({
  id: 'pin-message',
  method: 'PUT',
  path: '/api/v1/messages/{id}/pin',
  tag: 'Messages',
  summary: 'Pin a message to its chat',
  description: `For admins of a group, and both users of a direct chat. Pinning a pinned message changes nothing. A chat has at most ${limits.pins_per_chat} pinned messages. Deleting a message unpins it, and restoring it does not pin it again.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: MessageParams,
  responses: { 200: { description: 'The pinned message', body: Message } },
  errors: ['message_not_found', 'not_group_admin', 'message_deleted', 'too_many_pins'],
});

export const unpinMessage = defineHttpRoute({
  id: 'unpin-message',
  method: 'DELETE',
  path: '/api/v1/messages/{id}/pin',
  tag: 'Messages',
  summary: 'Unpin a message',
  description:
    'For admins of a group, and both users of a direct chat, whoever pinned the message. Unpinning a message that is not pinned changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: MessageParams,
  responses: { 204: { description: 'The message is not pinned', body: null } },
  errors: ['message_not_found', 'not_group_admin'],
});

export const listPins = defineHttpRoute({
  id: 'list-pins',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/pins',
  collection: true,
  tag: 'Messages',
  summary: 'List the pinned messages of a chat, latest pin first',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
  params: ChatParams,
  query: PageQuery,
  responses: { 200: { description: 'A page of messages', body: MessagePage } },
  errors: ['chat_not_found'],
});

export const feature = {
  name: 'pins',
  http: [pinMessage, unpinMessage, listPins],
} as const satisfies Feature;

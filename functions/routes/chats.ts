import * as z from 'zod';
import { limits } from './limits.ts';
import { defineHttpRoute } from './route.ts';
import { Chat, ChatDetail, Id, IdText, Page, PageQuery, Text } from './schemas.ts';

const GroupName = Text({ min: 1, max: limits.group_name_characters })
  .refine((text) => /\S/u.test(text), 'Must contain a character that is not white space')
  .meta({ example: 'Analytical engine' });

// The service, not the schema, counts a group's members: one's own id among them does not count twice.
const ParticipantIds = z.array(Id).max(1000);

export const CreateChatBody = z
  .discriminatedUnion('chat_type', [
    z.strictObject({
      chat_type: z.literal('direct'),
      participant_ids: ParticipantIds,
      name: GroupName.nullish(),
    }),
    z.strictObject({ chat_type: z.literal('group'), participant_ids: ParticipantIds, name: GroupName }),
  ])
  .meta({ id: 'CreateChatBody', example: { chat_type: 'direct', participant_ids: [7] } });
export type CreateChatBody = z.infer<typeof CreateChatBody>;

export const ChatParams = z.object({ chat_id: IdText });

export const createChat = defineHttpRoute({
  id: 'create-chat',
  method: 'POST',
  path: '/api/v1/chats',
  collection: true,
  tag: 'Chats',
  summary: 'Create a group, or open the direct chat with someone',
  auth: 'user',
  needs: ['mysql', 'mongodb', 'connections', 'post'],
  body: CreateChatBody,
  responses: {
    200: { description: 'The direct chat that was there already', body: ChatDetail },
    201: { description: 'The new chat', body: ChatDetail },
  },
  errors: ['user_not_found', 'group_full'],
});

export const listChats = defineHttpRoute({
  id: 'list-chats',
  method: 'GET',
  path: '/api/v1/chats',
  collection: true,
  tag: 'Chats',
  summary: 'Your chats, latest activity first',
  auth: 'user',
  needs: ['mysql', 'mongodb', 'connections'],
  query: PageQuery,
  responses: { 200: { description: 'A page of chats', body: Page(Chat).meta({ id: 'ChatPage' }) } },
  errors: [],
});

export const getChat = defineHttpRoute({
  id: 'get-chat',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'A chat with its participants',
  auth: 'user',
  needs: ['mysql', 'mongodb', 'connections'],
  params: ChatParams,
  responses: { 200: { description: 'The chat', body: ChatDetail } },
  errors: ['chat_not_found'],
});

import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnpaced } from '../contract/route.ts';
import {
  Chat,
  ChatDetail,
  ChatParams,
  ChatType,
  DisplayName,
  Id,
  IdText,
  Page,
  PageQuery,
  Participant,
} from '../contract/schemas.ts';

const GroupName = DisplayName({ min: 1, max: limits.group_name_characters }).meta({
  example: 'Analytical engine',
});

// The service, not the schema, counts a group's members: one's own id among them does not count twice.
const ParticipantIds = z.array(Id).max(1000);

/**
 * One object and no union of two, which generated clients of several languages cannot send. That a group has a name is
 * for `createChat` to check.
 */
export const CreateChatBody = z
  .strictObject({
    chat_type: ChatType,
    participant_ids: ParticipantIds,
    name: GroupName.nullish().meta({ description: 'The name of the group, which every group needs.' }),
  })
  .meta({
    id: 'CreateChatBody',
    description: 'A direct chat with one other person, or a group with a name.',
    example: { chat_type: 'direct', participant_ids: [7] },
  });
export type CreateChatBody = z.infer<typeof CreateChatBody>;

export const createChat = defineHttpRoute({
  id: 'create-chat',
  method: 'POST',
  path: '/api/v1/chats',
  collection: true,
  tag: 'Chats',
  summary: 'Create a group, or open the direct chat with someone',
  description: `A direct chat exists once per pair, also when both ask at the same moment. A group has at most ${limits.group_members} members, and its creator is its admin. When anybody named is unknown or has gone, nothing is created; a direct chat that you had with them is opened again.`,
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  body: CreateChatBody,
  examples: {
    direct: { chat_type: 'direct', participant_ids: [8] },
    group: { chat_type: 'group', name: 'Analytical engine', participant_ids: [8, 9] },
  },
  responses: {
    200: { description: 'The direct chat that was there already', body: ChatDetail },
    201: { description: 'The new chat', body: ChatDetail },
  },
  errors: ['cannot_message_user', 'cannot_add_user', 'user_not_found', 'group_full', 'too_many_chats'],
});

export const listChats = defineHttpRoute({
  id: 'list-chats',
  method: 'GET',
  path: '/api/v1/chats',
  collection: true,
  tag: 'Chats',
  summary: 'Your chats, latest activity first',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['mysql', 'mongodb', 'file-urls', 'connections-read'],
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of chats',
      body: Page(Chat).meta({ id: 'ChatPage', description: 'A page of chats.' }),
    },
  },
  errors: [],
});

export const getChat = defineHttpRoute({
  id: 'get-chat',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'A chat with its participants',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['mysql', 'mongodb', 'file-urls', 'connections-read'],
  params: ChatParams,
  responses: { 200: { description: 'The chat', body: ChatDetail } },
  errors: ['chat_not_found'],
});

export const UpdateChatBody = z
  .strictObject({ name: GroupName })
  .meta({ id: 'UpdateChatBody', description: 'What is to change of a group.' });
export type UpdateChatBody = z.infer<typeof UpdateChatBody>;

export const AddParticipantsBody = z
  .strictObject({ user_ids: ParticipantIds.min(1) })
  .meta({ id: 'AddParticipantsBody', description: 'Who is to be added.', example: { user_ids: [7] } });
export type AddParticipantsBody = z.infer<typeof AddParticipantsBody>;

export const UpdateParticipantBody = z
  .strictObject({ is_admin: z.boolean() })
  .meta({ id: 'UpdateParticipantBody', description: 'What is to change of a participant.' });
export type UpdateParticipantBody = z.infer<typeof UpdateParticipantBody>;

export const updateChat = defineHttpRoute({
  id: 'update-chat',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'Rename a group',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: UpdateChatBody,
  responses: { 200: { description: 'The group as it is now', body: ChatDetail } },
  errors: ['chat_not_found', 'not_group_admin'],
});

export const leaveGroup = defineHttpRoute({
  id: 'leave-group',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'Leave a group, or hide a direct chat until something happens in it',
  description:
    'When the last admin leaves, the longest-standing member becomes admin; when the last member leaves, the group closes. A direct chat comes back with the next message.',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  responses: { 204: { description: 'You have left', body: null } },
  errors: ['chat_not_found'],
});

export const listParticipants = defineHttpRoute({
  id: 'list-participants',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/participants',
  collection: true,
  tag: 'Chats',
  summary: 'The participants of a chat, longest-standing first',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['mysql', 'connections-read'],
  params: ChatParams,
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of participants',
      body: Page(Participant).meta({ id: 'ParticipantPage', description: 'A page of participants.' }),
    },
  },
  errors: ['chat_not_found'],
});

export const addParticipants = defineHttpRoute({
  id: 'add-participants',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/participants',
  collection: true,
  tag: 'Chats',
  summary: 'Add people to a group, all of them or none',
  description:
    'Who is in the group already is no error. New participants see the whole history, all of it read.',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: AddParticipantsBody,
  responses: { 200: { description: 'The group as it is now', body: ChatDetail } },
  errors: [
    'cannot_add_user',
    'chat_not_found',
    'not_group_admin',
    'user_not_found',
    'group_full',
    'too_many_chats',
  ],
});

export const removeParticipant = defineHttpRoute({
  id: 'remove-participant',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}/participants',
  collection: true,
  tag: 'Chats',
  summary: 'Remove someone from a group, or yourself',
  description:
    'The last admin is not removed while others remain, by themself neither: leaving the group hands over.',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'connections', 'post'],
  params: ChatParams,
  query: z.object({ user_id: IdText }),
  responses: { 204: { description: 'They are no longer in the group', body: null } },
  errors: ['chat_not_found', 'not_group_admin', 'participant_not_found', 'last_admin'],
});

export const updateParticipant = defineHttpRoute({
  id: 'update-participant',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/participants/{user_id}',
  tag: 'Chats',
  summary: 'Make someone admin of a group, or no longer',
  auth: 'user',
  pace: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: z.object({ chat_id: IdText, user_id: IdText }),
  body: UpdateParticipantBody,
  responses: { 200: { description: 'The participant as they are now', body: Participant } },
  errors: ['chat_not_found', 'not_group_admin', 'participant_not_found', 'last_admin'],
});

export const feature = {
  name: 'chats',
  http: [
    createChat,
    listChats,
    getChat,
    updateChat,
    leaveGroup,
    listParticipants,
    addParticipants,
    removeParticipant,
    updateParticipant,
  ],
} as const satisfies Feature;

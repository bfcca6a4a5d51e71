import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import {
  Chat,
  ChatDetail,
  ChatParams,
  ChatType,
  DisplayName,
  GivenUuid,
  Id,
  IdText,
  Page,
  PageQuery,
  Participant,
  ParticipantRole,
  Posting,
  PublicProfile,
  SlowSeconds,
  Text,
  GivenTimestamp,
  Timestamp,
} from '../contract/schemas.ts';
import { chatsFilledByOthersMax } from './rules.ts';

/** Maximum length of a group's description, in code points. */
const DESCRIPTION_CHARACTERS = 500;

const GroupName = DisplayName({ min: 1, max: limits.group_name_characters }).meta({
  example: 'Analytical engine',
});

// The service, not the schema, enforces the limit on members: the creator's own id in the list does not count twice.
const ParticipantIds = z.array(Id).max(1000);

/**
 * One object instead of a union of two: generated clients of several languages cannot send unions. `createChat`
 * checks that a group has a name.
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

const othersMax = chatsFilledByOthersMax(limits.chats_per_user);

export const createChat = defineHttpRoute({
  id: 'create-chat',
  method: 'POST',
  path: '/api/v1/chats',
  collection: true,
  tag: 'Chats',
  summary: 'Create a group, or open the direct chat with someone',
  description: `A direct chat exists once per pair, also when both ask at the same moment. A group has at most ${limits.group_members} members, and its creator is its owner. When anybody named is unknown or has gone, nothing is created; a direct chat that you had with them is opened again. Somebody who is in ${othersMax} chats is put into no other one by others, and gets into up to ${limits.chats_per_user} alone.`,
  auth: 'user',
  rateLimit: 'changes',
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
  rateLimit: readsAreUnlimited,
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
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls', 'connections-read'],
  params: ChatParams,
  responses: { 200: { description: 'The chat', body: ChatDetail } },
  errors: ['chat_not_found'],
});

/** Absent fields stay unchanged; `avatar_id: null` removes the avatar. */
export const UpdateChatBody = z
  .strictObject({
    name: GroupName.optional(),
    avatar_id: GivenUuid.nullable().optional().meta({
      description:
        'A file of yours that was uploaded for the purpose `avatar`, is ready and an image; null removes the picture.',
    }),
    description: Text({ min: 0, max: DESCRIPTION_CHARACTERS }).nullable().optional().meta({
      description: 'What the group is about; null or nothing removes it.',
      example: 'Every Friday.',
    }),
    posting: Posting.optional(),
    slow_seconds: SlowSeconds.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'Name at least one field',
  })
  .meta({
    id: 'UpdateChatBody',
    description: 'What is to change of a group; what is not named stays as it is.',
    minProperties: 1,
    example: { name: 'Analytical engine' },
  });
export type UpdateChatBody = z.infer<typeof UpdateChatBody>;

export const AddParticipantsBody = z
  .strictObject({ user_ids: ParticipantIds.min(1) })
  .meta({ id: 'AddParticipantsBody', description: 'Who is to be added.', example: { user_ids: [7] } });
export type AddParticipantsBody = z.infer<typeof AddParticipantsBody>;

export const UpdateParticipantBody = z
  .strictObject({
    role: ParticipantRole.optional(),
    is_admin: z.boolean().optional().meta({
      description: 'The older way: true makes an admin, and leaves an owner what they are; false a member.',
      example: true,
    }),
  })
  .refine(({ role, is_admin }) => (role === undefined) !== (is_admin === undefined), {
    message: 'Give one of role and is_admin',
    path: ['role'],
  })
  .meta({
    id: 'UpdateParticipantBody',
    description: 'What is to change of a participant: one of the two.',
    minProperties: 1,
    maxProperties: 1,
    example: { role: 'admin' },
  });
export type UpdateParticipantBody = z.infer<typeof UpdateParticipantBody>;

export const updateChat = defineHttpRoute({
  id: 'update-chat',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'Change a group’s name, picture, description and settings',
  description:
    'For admins. With `posting: "admins"`, members cannot send; with `slow_seconds`, they wait between two messages. What is not named stays as it is, and what a group is already changes nothing. A picture that is replaced or removed is gone.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'avatars', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: UpdateChatBody,
  examples: {
    name: { name: 'Analytical engine' },
    avatar: { avatar_id: '0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57' },
  },
  responses: { 200: { description: 'The group as it is now', body: ChatDetail } },
  errors: [
    'chat_not_found',
    'not_group_admin',
    'unknown_attachment',
    'attachment_not_ready',
    'attachment_in_use',
    'avatar_not_image',
  ],
});

export const leaveGroup = defineHttpRoute({
  id: 'leave-group',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}',
  tag: 'Chats',
  summary: 'Leave a group, or hide a direct chat until something happens in it',
  description:
    'When the owner leaves, the longest-standing admin becomes owner, else the longest-standing member; when the last member leaves, the group closes. A direct chat comes back with the next message.',
  auth: 'user',
  rateLimit: 'changes',
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
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
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
  description: `Who is in the group already is no error. New participants see the whole history, all of it read. Somebody who is in ${othersMax} chats is put into no other one by others, and gets into up to ${limits.chats_per_user} alone.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: AddParticipantsBody,
  responses: { 200: { description: 'The group as it is now', body: ChatDetail } },
  errors: [
    'cannot_add_user',
    'chat_not_found',
    'not_group_admin',
    'banned',
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
    'The owner and admins are removed by the owner only. The last admin is not removed while others remain, by themself neither: leaving the group hands over. An owner who removes themself hands over to the longest-standing admin. The invitations that somebody made are revoked when another removes them; who leaves by themself leaves them behind, for admins to revoke.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  query: z.object({ user_id: IdText }),
  responses: { 204: { description: 'They are no longer in the group', body: null } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'participant_not_found', 'last_admin'],
});

export const updateParticipant = defineHttpRoute({
  id: 'update-participant',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/participants/{user_id}',
  tag: 'Chats',
  summary: 'Change what someone is in a group',
  description:
    'Admins make members admins, and themselves members. The owner makes anybody anything; `owner` hands over, and the owner becomes an admin. An owner who becomes anything else hands over to the longest-standing admin, without whom it is 409 `last_admin`. The invitations of whoever is made a member by another are revoked.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: z.object({ chat_id: IdText, user_id: IdText }),
  body: UpdateParticipantBody,
  responses: { 200: { description: 'The participant as they are now', body: Participant } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'participant_not_found', 'last_admin'],
});

const BanParams = z.object({ chat_id: IdText, user_id: IdText });

/** Maximum length of a ban's reason, in code points. */
const REASON_CHARACTERS = 500;

export const BanBody = z
  .strictObject({
    until: GivenTimestamp.nullish().meta({
      description: 'When the ban ends; null or absent for never.',
      example: null,
    }),
    reason: Text({ min: 0, max: REASON_CHARACTERS })
      .nullish()
      .meta({ description: 'Why, for the other admins.', example: 'Spam' }),
  })
  .meta({ id: 'BanBody', description: 'How somebody is banned.', example: {} });

export const Ban = z
  .object({
    user: PublicProfile.meta({ description: 'Who is banned.' }),
    banned_by: Id.meta({ description: 'Who banned them.', example: 7 }),
    reason: z.string().nullable().meta({ description: 'Why.', example: 'Spam' }),
    until: Timestamp.nullable().meta({ description: 'When the ban ends; null for never.', example: null }),
    created_at: Timestamp.meta({ description: 'Since when they are banned.' }),
  })
  .meta({ id: 'Ban', description: 'Somebody who may not be in the group.' });
export type Ban = z.infer<typeof Ban>;

export const banUser = defineHttpRoute({
  id: 'ban-user',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/bans/{user_id}',
  tag: 'Chats',
  summary: 'Ban someone from a group',
  description:
    'Who is in the group is removed at once; nobody can add them, and they cannot come in by an invitation. The invitations that they made are revoked. The owner and admins are banned by the owner only. A ban takes the place of an earlier one; one whose `until` has passed does not count.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BanParams,
  body: BanBody,
  responses: { 204: { description: 'They are banned', body: null } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'profile_not_found'],
});

export const unbanUser = defineHttpRoute({
  id: 'unban-user',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}/bans/{user_id}',
  tag: 'Chats',
  summary: 'End the ban of someone',
  description: 'They are not put back into the group. A ban that there is not is no error.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql'],
  params: BanParams,
  responses: { 204: { description: 'They are not banned', body: null } },
  errors: ['chat_not_found', 'not_group_admin'],
});

export const listBans = defineHttpRoute({
  id: 'list-bans',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/bans',
  collection: true,
  tag: 'Chats',
  summary: 'Who is banned from a group, latest first',
  description: 'For admins.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  params: ChatParams,
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of bans',
      body: Page(Ban).meta({ id: 'BanPage', description: 'A page of bans.' }),
    },
  },
  errors: ['chat_not_found', 'not_group_admin'],
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
    banUser,
    unbanUser,
    listBans,
  ],
} as const satisfies Feature;

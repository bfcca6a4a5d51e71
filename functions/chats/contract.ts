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
    name: GroupName.nullish().meta({ description: 'The name of the group; required for a group.' }),
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
  description: `Each pair of users has one direct chat, even if both create it concurrently. A group has at most ${limits.group_members} members, and its creator is its owner. If any of the users is unknown or deactivated, nothing is created, but an existing direct chat is opened again. Others can add a user to up to ${othersMax} chats; users themselves can create or join up to ${limits.chats_per_user}.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  body: CreateChatBody,
  examples: {
    direct: { chat_type: 'direct', participant_ids: [8] },
    group: { chat_type: 'group', name: 'Analytical engine', participant_ids: [8, 9] },
  },
  responses: {
    200: { description: 'The existing direct chat', body: ChatDetail },
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
  summary: 'List your chats, latest activity first',
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
  summary: 'Get a chat with its participants',
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
        'The id of an image of yours that is ready and was uploaded for the purpose `avatar`; null removes the avatar.',
    }),
    description: Text({ min: 0, max: DESCRIPTION_CHARACTERS }).nullable().optional().meta({
      description: 'What the group is about; null or an empty text removes it.',
      example: 'Every Friday.',
    }),
    posting: Posting.optional(),
    slow_seconds: SlowSeconds.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'Give at least one field',
  })
  .meta({
    id: 'UpdateChatBody',
    description: 'The changes to a group; absent fields stay unchanged.',
    minProperties: 1,
    example: { name: 'Analytical engine' },
  });
export type UpdateChatBody = z.infer<typeof UpdateChatBody>;

export const AddParticipantsBody = z
  .strictObject({ user_ids: ParticipantIds.min(1) })
  .meta({ id: 'AddParticipantsBody', description: 'The users to add.', example: { user_ids: [7] } });
export type AddParticipantsBody = z.infer<typeof AddParticipantsBody>;

export const UpdateParticipantBody = z
  .strictObject({
    role: ParticipantRole.optional(),
    is_admin: z.boolean().optional().meta({
      description:
        'The older form of `role`: true makes a member an admin, and an owner stays owner; false makes a member.',
      example: true,
    }),
  })
  .refine(({ role, is_admin }) => (role === undefined) !== (is_admin === undefined), {
    message: 'Give exactly one of role and is_admin',
    path: ['role'],
  })
  .meta({
    id: 'UpdateParticipantBody',
    description: 'The change to a participant: one of the two fields.',
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
    'For admins. With `posting: "admins"`, members cannot send; with `slow_seconds`, they must wait between two messages. Absent fields stay unchanged. A request without a difference changes nothing. A replaced or removed avatar is deleted.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'avatars', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: UpdateChatBody,
  examples: {
    name: { name: 'Analytical engine' },
    avatar: { avatar_id: '0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57' },
  },
  responses: { 200: { description: 'The changed group', body: ChatDetail } },
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
  summary: 'Leave a group, or hide a direct chat until its next message',
  description:
    'When the owner leaves, the longest-standing admin becomes the owner, else the longest-standing member. When the last member leaves, the group closes. A hidden direct chat reappears with its next message.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  responses: { 204: { description: 'The group is left, or the direct chat hidden', body: null } },
  errors: ['chat_not_found'],
});

export const listParticipants = defineHttpRoute({
  id: 'list-participants',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/participants',
  collection: true,
  tag: 'Chats',
  summary: 'List the participants of a chat, longest-standing first',
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
  description: `Users who are in the group already are ignored. New participants see the whole history, marked as read. Others can add a user to up to ${othersMax} chats; users themselves can create or join up to ${limits.chats_per_user}.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: AddParticipantsBody,
  responses: { 200: { description: 'The changed group', body: ChatDetail } },
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
    'Only the owner can remove admins; nobody else can remove the owner. The last admin cannot remove themselves while others remain, but leaving the group hands it over. An owner who removes themselves hands over to the longest-standing admin. Removing another user revokes the invitations that the user made; those of users who leave stay, for admins to revoke.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  query: z.object({ user_id: IdText }),
  responses: { 204: { description: 'The user is no longer in the group', body: null } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'participant_not_found', 'last_admin'],
});

export const updateParticipant = defineHttpRoute({
  id: 'update-participant',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/participants/{user_id}',
  tag: 'Chats',
  summary: 'Change the role of a participant in a group',
  description:
    'Admins can make members admins, and themselves members. The owner can give anybody any role; giving the role `owner` makes the former owner an admin. An owner who takes another role hands over to the longest-standing admin; without another admin the response is 409 `last_admin`. Making another user a member revokes the invitations that the user made.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: z.object({ chat_id: IdText, user_id: IdText }),
  body: UpdateParticipantBody,
  responses: { 200: { description: 'The changed participant', body: Participant } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'participant_not_found', 'last_admin'],
});

const BanParams = z.object({ chat_id: IdText, user_id: IdText });

/** Maximum length of a ban's reason, in code points. */
const REASON_CHARACTERS = 500;

export const BanBody = z
  .strictObject({
    until: GivenTimestamp.nullish().meta({
      description: 'When the ban ends; null or absent for a ban without an end.',
      example: null,
    }),
    reason: Text({ min: 0, max: REASON_CHARACTERS })
      .nullish()
      .meta({ description: 'The reason, for the other admins.', example: 'Spam' }),
  })
  .meta({ id: 'BanBody', description: 'The end and the reason of a ban.', example: {} });

export const Ban = z
  .object({
    user: PublicProfile.meta({ description: 'The banned user.' }),
    banned_by: Id.meta({ description: 'The admin’s id.', example: 7 }),
    reason: z.string().nullable().meta({ description: 'The reason.', example: 'Spam' }),
    until: Timestamp.nullable().meta({
      description: 'When the ban ends; null for a ban without an end.',
      example: null,
    }),
    created_at: Timestamp.meta({ description: 'When the user was banned.' }),
  })
  .meta({ id: 'Ban', description: 'A ban from a group.' });
export type Ban = z.infer<typeof Ban>;

export const banUser = defineHttpRoute({
  id: 'ban-user',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/bans/{user_id}',
  tag: 'Chats',
  summary: 'Ban someone from a group',
  description:
    'A banned participant is removed from the group at once. Nobody can add a banned user, who cannot join by an invitation either. The invitations that the user made are revoked. Only the owner can ban admins; nobody can ban the owner. A ban replaces an earlier one; a ban whose `until` has passed has no effect.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BanParams,
  body: BanBody,
  responses: { 204: { description: 'The user is banned', body: null } },
  errors: ['chat_not_found', 'not_group_admin', 'not_chat_owner', 'profile_not_found'],
});

export const unbanUser = defineHttpRoute({
  id: 'unban-user',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}/bans/{user_id}',
  tag: 'Chats',
  summary: 'Unban someone',
  description:
    'The user is not added to the group again. Unbanning a user who is not banned changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql'],
  params: BanParams,
  responses: { 204: { description: 'The user is not banned', body: null } },
  errors: ['chat_not_found', 'not_group_admin'],
});

export const listBans = defineHttpRoute({
  id: 'list-bans',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/bans',
  collection: true,
  tag: 'Chats',
  summary: 'List the bans of a group, latest first',
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

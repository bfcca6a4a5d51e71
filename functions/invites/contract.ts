import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { type JobRoute, defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import {
  Chat,
  ChatDetail,
  ChatParams,
  Counter,
  Id,
  Page,
  PageQuery,
  PublicProfile,
  Timestamp,
} from '../contract/schemas.ts';
import { CODE_PATTERN } from './rules.ts';

const USES_MAX = 10_000;
const EXPIRY_SECONDS = { min: 300, max: 2_592_000, default: 7 * 24 * 60 * 60 } as const;

const maxUses = z.int().min(1).max(USES_MAX);

export const InviteParams = z.object({
  code: z.string().meta({ description: 'The code of the invitation.', example: 'q3Vf0kTzX2m9b1cLr7YpSg' }),
});

export const CreateInviteBody = z
  .strictObject({
    max_uses: maxUses
      .nullish()
      .meta({ description: 'How many people can use it; null or absent for any number.', example: 1 }),
    expires_in: z
      .int()
      .min(EXPIRY_SECONDS.min)
      .max(EXPIRY_SECONDS.max)
      .default(EXPIRY_SECONDS.default)
      .meta({ description: 'Seconds until it expires.', example: EXPIRY_SECONDS.default }),
  })
  .meta({ id: 'CreateInviteBody', description: 'The limits of a new invitation.', example: { max_uses: 1 } });

export const Invite = z
  .object({
    code: z.string().regex(CODE_PATTERN).meta({
      description: 'The code at the end of the link. Anybody who has it can join.',
      example: 'q3Vf0kTzX2m9b1cLr7YpSg',
    }),
    max_uses: maxUses
      .nullable()
      .meta({ description: 'How many people can use it; null for any number.', example: 1 }),
    uses: Counter.meta({ description: 'How many people have used it.', example: 0 }),
    expires_at: Timestamp.meta({ description: 'When the invitation expires.' }),
    created_by: Id.meta({ description: 'The id of its creator.', example: 7 }),
  })
  .meta({ id: 'Invite', description: 'An invitation to a group.' });
export type Invite = z.infer<typeof Invite>;

export const InvitePreview = z
  .object({
    chat: z
      .object({
        id: Chat.shape.id,
        name: Chat.shape.name,
        participant_count: Chat.shape.participant_count,
        avatar_url: z
          .string()
          .nullable()
          .meta({ description: 'The URL of the group’s avatar; null without one.', example: null }),
      })
      .meta({ id: 'InvitedChat', description: 'The group, as shown to people who are not in it.' }),
    inviter: PublicProfile.meta({ description: 'The user who created the invitation.' }),
  })
  .meta({ id: 'InvitePreview', description: 'The group of an invitation, and the inviter.' });
export type InvitePreview = z.infer<typeof InvitePreview>;

export const createInvite = defineHttpRoute({
  id: 'create-invite',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/invites',
  collection: true,
  tag: 'Chats',
  summary: 'Create an invitation to a group',
  description: `For admins. A group has at most ${limits.invites_per_chat} usable invitations.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql'],
  params: ChatParams,
  body: CreateInviteBody,
  responses: { 201: { description: 'The invitation', body: Invite } },
  errors: ['chat_not_found', 'not_group_admin', 'too_many_invites'],
});

export const listInvites = defineHttpRoute({
  id: 'list-invites',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/invites',
  collection: true,
  tag: 'Chats',
  summary: 'List the usable invitations of a group, latest first',
  description: 'For admins.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql'],
  params: ChatParams,
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of invitations',
      body: Page(Invite).meta({ id: 'InvitePage', description: 'A page of invitations.' }),
    },
  },
  errors: ['chat_not_found', 'not_group_admin'],
});

export const revokeInvite = defineHttpRoute({
  id: 'revoke-invite',
  method: 'DELETE',
  path: '/api/v1/invites/{code}',
  tag: 'Chats',
  summary: 'Revoke an invitation',
  description: 'For admins of its group. Users who joined by it stay in the group.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql'],
  params: InviteParams,
  responses: { 204: { description: 'The invitation no longer works', body: null } },
  errors: ['invite_not_found', 'not_group_admin'],
});

export const previewInvite = defineHttpRoute({
  id: 'preview-invite',
  method: 'GET',
  path: '/api/v1/invites/{code}',
  tag: 'Chats',
  summary: 'Preview the group of an invitation',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  params: InviteParams,
  responses: { 200: { description: 'The group, and the inviter', body: InvitePreview } },
  errors: ['invite_not_found', 'invite_expired', 'invite_used_up', 'banned'],
});

export const acceptInvite = defineHttpRoute({
  id: 'accept-invite',
  method: 'POST',
  path: '/api/v1/invites/{code}/accept',
  tag: 'Chats',
  summary: 'Join a group by an invitation',
  description:
    'A user who is in the group already gets the same response and does not use up the invitation. New participants see the whole history, marked as read.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: InviteParams,
  responses: { 200: { description: 'The group that you joined', body: ChatDetail } },
  errors: ['invite_not_found', 'invite_expired', 'invite_used_up', 'banned', 'group_full', 'too_many_chats'],
});

/** Removes expired invitations and ended bans, and repairs roles that older code did not store. */
export const tidyGroups: JobRoute = {
  transport: 'job',
  id: 'tidy-groups',
  summary: 'Remove expired invitations and bans, and give groups of older code their owners',
  schedule: 'rate(1 hour)',
  needs: ['mysql'],
  errors: [],
};

export const feature = {
  name: 'invites',
  http: [createInvite, listInvites, revokeInvite, previewInvite, acceptInvite],
  jobs: [tidyGroups],
} as const satisfies Feature;

import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import { IdText, Page, PageQuery, PublicProfile } from '../contract/schemas.ts';

const BlockParams = z.object({ user_id: IdText });

export const blockUser = defineHttpRoute({
  id: 'block-user',
  method: 'PUT',
  path: '/api/v1/users/me/blocks/{user_id}',
  tag: 'Users',
  summary: 'Block a user',
  description: `Neither user can send in their direct chat, open one, or add the other to a group. Messages of a blocked user do not count as unread or as mentions, and a blocked user does not see whether you are online. Messages in common groups still arrive: your client must hide them. The blocked user is not notified. You can block at most ${limits.blocks_per_user} users.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BlockParams,
  responses: { 204: { description: 'The user is blocked', body: null } },
  errors: ['profile_not_found', 'too_many_blocks'],
});

export const unblockUser = defineHttpRoute({
  id: 'unblock-user',
  method: 'DELETE',
  path: '/api/v1/users/me/blocks/{user_id}',
  tag: 'Users',
  summary: 'Unblock a user',
  description: 'Unblocking a user who is not blocked changes nothing.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BlockParams,
  responses: { 204: { description: 'The user is not blocked', body: null } },
  errors: [],
});

export const listBlocks = defineHttpRoute({
  id: 'list-blocks',
  method: 'GET',
  path: '/api/v1/users/me/blocks',
  collection: true,
  tag: 'Users',
  summary: 'List the users whom you have blocked, latest first',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of users',
      body: Page(PublicProfile).meta({ id: 'PublicProfilePage', description: 'A page of users.' }),
    },
  },
  errors: [],
});

export const feature = {
  name: 'blocks',
  http: [blockUser, unblockUser, listBlocks],
} as const satisfies Feature;

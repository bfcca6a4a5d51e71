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
  summary: 'Block somebody',
  description: `Neither of the two can send in their direct chat, open one, or add the other to a group. Messages of somebody you blocked are no unread ones and no mentions of yours, and they do not see whether you are online. In common groups their messages still come: your client hides them. They are not told. At most ${limits.blocks_per_user}.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BlockParams,
  responses: { 204: { description: 'They are blocked', body: null } },
  errors: ['profile_not_found', 'too_many_blocks'],
});

export const unblockUser = defineHttpRoute({
  id: 'unblock-user',
  method: 'DELETE',
  path: '/api/v1/users/me/blocks/{user_id}',
  tag: 'Users',
  summary: 'Block somebody no longer',
  description: 'Whoever is not blocked stays so.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: BlockParams,
  responses: { 204: { description: 'They are not blocked', body: null } },
  errors: [],
});

export const listBlocks = defineHttpRoute({
  id: 'list-blocks',
  method: 'GET',
  path: '/api/v1/users/me/blocks',
  collection: true,
  tag: 'Users',
  summary: 'Whom you have blocked, latest first',
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

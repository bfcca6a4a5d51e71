import type { Feature } from '../contract/feature.ts';
import { defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import { PageQuery } from '../contract/schemas.ts';
import { MessagePage } from '../messages/contract.ts';

export const listMentions = defineHttpRoute({
  id: 'list-mentions',
  method: 'GET',
  path: '/api/v1/mentions',
  collection: true,
  tag: 'Messages',
  summary: 'List messages of others that mention you or everybody, newest first',
  description:
    'Searches the chats that you are in; leaves out deleted messages, and mentions of everybody from before you joined.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls'],
  query: PageQuery,
  responses: { 200: { description: 'A page of messages', body: MessagePage } },
  errors: [],
});

export const feature = {
  name: 'mentions',
  http: [listMentions],
} as const satisfies Feature;

import * as z from 'zod';
import { defineHttpRoute, readsAreUnpaced } from './route.ts';

export const Ticket = z.object({ ticket: z.string(), expires_in: z.int() }).meta({ id: 'Ticket' });
export type Ticket = z.infer<typeof Ticket>;

export const issueTicket = defineHttpRoute({
  id: 'issue-ticket',
  method: 'POST',
  path: '/api/v1/ws/tickets',
  tag: 'Real time',
  summary: 'Get a ticket to open a connection with, once',
  auth: 'user',
  pace: 'tickets',
  needs: ['issue-tickets'],
  responses: { 201: { description: 'The ticket', body: Ticket } },
  errors: [],
});

export const Stats = z.object({ online_users: z.int(), total_connections: z.int() }).meta({ id: 'Stats' });
export type Stats = z.infer<typeof Stats>;

export const getStats = defineHttpRoute({
  id: 'get-stats',
  method: 'GET',
  path: '/api/v1/ws/stats',
  tag: 'Real time',
  summary: 'How many users are online, on how many connections',
  auth: 'user',
  pace: readsAreUnpaced,
  needs: ['all-connections'],
  responses: { 200: { description: 'The numbers', body: Stats } },
  errors: [],
});

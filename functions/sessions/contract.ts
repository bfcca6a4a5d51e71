import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { type AuthorizerRoute, type JobRoute, defineHttpRoute } from '../contract/route.ts';
import { Password } from '../users/contract.ts';

/** Deliberately loose: whatever cannot be an account's is answered as wrong credentials, like any other. */
export const LoginBody = z
  .strictObject({
    username: z.string().max(254).meta({ example: 'ada' }),
    password: Password,
  })
  .meta({ id: 'LoginBody' });

export type LoginBody = z.infer<typeof LoginBody>;

/** Any text: what is no token of ours is answered as such. */
export const RefreshBody = z.strictObject({ refresh_token: z.string().min(1) }).meta({ id: 'RefreshBody' });

export type RefreshBody = z.infer<typeof RefreshBody>;

export const Tokens = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().positive(),
    refresh_token: z.string(),
  })
  .meta({ id: 'Tokens' });

export type Tokens = z.infer<typeof Tokens>;

export const logIn = defineHttpRoute({
  id: 'log-in',
  method: 'POST',
  path: '/api/v1/users/login',
  tag: 'Users',
  summary: 'Log in with username or e-mail address and password',
  auth: 'none',
  pace: 'logins',
  needs: ['mysql', 'sessions', 'rate-limits', 'signing-keys', 'connections', 'post'],
  load: 'password',
  body: LoginBody,
  responses: { 200: { description: 'Tokens of a new session', body: Tokens } },
  errors: ['invalid_credentials', 'rate_limited'],
});

export const refreshSession = defineHttpRoute({
  id: 'refresh-session',
  method: 'POST',
  path: '/api/v1/users/refresh',
  tag: 'Users',
  summary: 'Exchange a refresh token for new tokens',
  auth: 'none',
  pace: 'refreshes',
  needs: ['mysql', 'sessions', 'signing-keys', 'connections', 'post'],
  body: RefreshBody,
  responses: { 200: { description: 'New tokens of the same session', body: Tokens } },
  errors: ['invalid_refresh_token', 'refresh_token_reused', 'rate_limited'],
});

export const logOut = defineHttpRoute({
  id: 'log-out',
  method: 'POST',
  path: '/api/v1/users/logout',
  tag: 'Users',
  summary: 'End a session and close its sockets',
  auth: 'none',
  pace: { unpaced: 'Ends a session that can end only once.' },
  needs: ['sessions', 'connections', 'post'],
  body: RefreshBody,
  responses: { 204: { description: 'The session has ended, if it had not already', body: null } },
  errors: [],
});

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

/** API Gateway asks it before it opens a WebSocket. */
export const authorizeConnection: AuthorizerRoute = {
  transport: 'authorizer',
  id: 'authorize-connection',
  summary: 'Let those in who carry a valid access token or ticket',
  needs: ['verification-keys', 'session-check', 'redeem-tickets'],
  errors: ['not_authenticated', 'invalid_token', 'token_expired'],
};

/** Gives access tokens a new key, under which nobody has to log in again. */
export const rotateSigningKeys: JobRoute = {
  transport: 'job',
  id: 'rotate-signing-keys',
  summary: 'Sign access tokens with a new key, and accept those of the key before',
  schedule: 'rate(30 days)',
  needs: ['signing-keys-rotation'],
  errors: [],
};

/** Gives a new stage the key that access tokens are signed with. */
export const createSigningKey: JobRoute = {
  transport: 'job',
  id: 'create-signing-key',
  summary: 'Make the first key that signs access tokens, where there is none',
  needs: ['signing-keys-rotation'],
  errors: [],
};

export const feature = {
  name: 'sessions',
  http: [logIn, refreshSession, logOut, issueTicket],
  authorizer: authorizeConnection,
  jobs: [createSigningKey, rotateSigningKeys],
} as const satisfies Feature;

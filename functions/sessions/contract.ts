import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { REFRESH_GRACE_SECONDS, TICKET_SECONDS, limits } from '../contract/limits.ts';
import {
  type AuthorizerRoute,
  type JobRoute,
  defineHttpRoute,
  readsAreUnlimited,
} from '../contract/route.ts';
import { GivenUuid, Page, PageQuery, Timestamp, Uuid } from '../contract/schemas.ts';
import { Password } from '../users/contract.ts';

/** Deliberately loose: values that no account can have get the error for wrong credentials, like any other. */
export const LoginBody = z
  .strictObject({
    username: z
      .string()
      .max(254)
      .meta({ description: 'The user name or the e-mail address.', example: 'ada' }),
    password: Password,
    totp: z.string().max(64).optional().meta({
      description: 'With a second factor: what the authenticator application shows, or a recovery code.',
      example: '492039',
    }),
  })
  .meta({
    id: 'LoginBody',
    description: 'User name or e-mail address, and password; with a second factor also a code.',
  });

export type LoginBody = z.infer<typeof LoginBody>;

const refreshToken = {
  description: 'Buys the next tokens. Its form is the service’s own.',
  example: '7.019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5.1.Zm9vYmFy.YmFyYmF6',
};

/** Accepts any text: an invalid token gets its own error rather than a validation error. */
export const RefreshBody = z
  .strictObject({ refresh_token: z.string().meta(refreshToken) })
  .meta({ id: 'RefreshBody', description: 'The refresh token of the session.' });

export type RefreshBody = z.infer<typeof RefreshBody>;

export const Tokens = z
  .object({
    access_token: z
      .string()
      .meta({ description: 'A JWT for `Authorization: Bearer`.', example: 'eyJhbGciOi…' }),
    token_type: z.literal('bearer'),
    expires_in: z.int().positive().meta({ description: 'Seconds until it runs out.', example: 1800 }),
    refresh_token: z.string().meta(refreshToken),
  })
  .meta({ id: 'Tokens', description: 'What a session consists of.' });

export type Tokens = z.infer<typeof Tokens>;

export const logIn = defineHttpRoute({
  id: 'log-in',
  method: 'POST',
  path: '/api/v1/users/login',
  tag: 'Users',
  summary: 'Log in with username or e-mail address and password',
  description: `A wrong password and an unknown name get the same answer. Too many failures, to an account from one address (${limits.login_failures_per_account_and_address} in ${limits.login_window_seconds / 60} min), from one address (${limits.login_failures_per_address}) or to an account from anywhere (${limits.login_failures_per_account}), are answered with 429 and a growing \`Retry-After\`. Of IPv6, a /64 is one address. With a second factor, the right password without \`totp\` is answered with \`totp_required\`, and a wrong code counts as a failure. An account takes ${limits.totp_failures_per_hour} wrong codes of an application in an hour and ${limits.totp_failures_per_day} in a day, from anywhere; further ones are answered with 429, and recovery codes still work. A user has at most ${limits.sessions_per_user} sessions: one more ends the oldest.`,
  auth: 'none',
  rateLimit: 'logins',
  needs: ['mysql', 'sessions', 'rate-limits', 'signing-keys', 'totp-key', 'connections', 'post'],
  load: 'password',
  body: LoginBody,
  responses: { 200: { description: 'Tokens of a new session', body: Tokens } },
  errors: ['invalid_credentials', 'account_suspended', 'totp_required', 'invalid_totp', 'rate_limited'],
});

export const refreshSession = defineHttpRoute({
  id: 'refresh-session',
  method: 'POST',
  path: '/api/v1/users/refresh',
  tag: 'Users',
  summary: 'Exchange a refresh token for new tokens',
  description: `Each refresh token buys the next. The one rotated away last does so again within ${REFRESH_GRACE_SECONDS} s, until a successor of it is used: its answer was lost, or two tabs asked at once. An older one ends the whole session, for it may have been stolen. What is no token of ours changes nothing.`,
  auth: 'none',
  rateLimit: 'refreshes',
  needs: ['mysql', 'sessions', 'signing-keys', 'connections', 'post'],
  body: RefreshBody,
  responses: { 200: { description: 'New tokens of the same session', body: Tokens } },
  errors: ['invalid_refresh_token', 'refresh_token_reused', 'account_suspended', 'rate_limited'],
});

export const logOut = defineHttpRoute({
  id: 'log-out',
  method: 'POST',
  path: '/api/v1/users/logout',
  tag: 'Users',
  summary: 'End a session and close its sockets',
  description:
    'The refresh token alone is enough: an access token is not needed. An old token of the session ends it as well; what is no token of ours ends nothing.',
  auth: 'none',
  rateLimit: { unlimitedBecause: 'Ends a session that can end only once.' },
  needs: ['sessions', 'connections', 'post'],
  body: RefreshBody,
  responses: { 204: { description: 'The session has ended, if it had not already', body: null } },
  errors: [],
});

export const UserSession = z
  .object({
    id: Uuid.meta({ description: 'By which it is ended.' }),
    created_at: Timestamp.meta({ description: 'When one logged in.' }),
    last_seen: Timestamp.meta({
      description: `When it was last used: late by ${limits.access_token_seconds / 60} min at most, and by a minute while it has a connection.`,
    }),
    user_agent: z.string().nullable().meta({
      description:
        'What the application said of itself at the log-in: one line that anybody may have made up.',
      example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    }),
    current: z.boolean().meta({ description: 'Whether it is the one that asks.', example: true }),
  })
  .meta({ id: 'UserSession', description: 'A log-in on some device.' });
export type UserSession = z.infer<typeof UserSession>;

export const listSessions = defineHttpRoute({
  id: 'list-sessions',
  method: 'GET',
  path: '/api/v1/users/me/sessions',
  collection: true,
  tag: 'Users',
  summary: 'Where you are logged in',
  description: 'The session that was seen last comes first.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['session-list', 'connections-read'],
  query: PageQuery,
  responses: {
    200: {
      description: 'Your sessions',
      body: Page(UserSession).meta({ id: 'UserSessionPage', description: 'A page of sessions.' }),
    },
  },
  errors: [],
});

export const endSession = defineHttpRoute({
  id: 'end-session',
  method: 'DELETE',
  path: '/api/v1/users/me/sessions/{session_id}',
  tag: 'Users',
  summary: 'End one of your sessions and close its sockets',
  description:
    'Its refresh tokens are refused at once, its access token within 60 s. It may be the session that asks.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['sessions', 'connections', 'post'],
  params: z.object({ session_id: GivenUuid.meta({ description: 'The session.' }) }),
  responses: { 204: { description: 'The session has ended', body: null } },
  errors: ['session_not_found'],
});

export const Ticket = z
  .object({
    ticket: z.string().meta({
      description: 'A secret for one handshake.',
      example: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE',
    }),
    expires_in: z
      .int()
      .positive()
      .meta({ description: 'Seconds until it runs out.', example: TICKET_SECONDS }),
  })
  .meta({ id: 'Ticket', description: 'What to open a connection with.' });

export type Ticket = z.infer<typeof Ticket>;

export const issueTicket = defineHttpRoute({
  id: 'issue-ticket',
  method: 'POST',
  path: '/api/v1/ws/tickets',
  tag: 'Real time',
  summary: 'Get a ticket to open a connection with, once',
  description: `Connect to \`<websocket_url>?ticket=<ticket>\` within ${TICKET_SECONDS} s. It works once; the connection lasts as long as the access token that you asked with.`,
  auth: 'user',
  rateLimit: 'tickets',
  needs: ['issue-tickets'],
  responses: { 201: { description: 'The ticket', body: Ticket } },
  errors: [],
});

/** API Gateway calls this function before it opens a WebSocket. */
export const authorizeConnection: AuthorizerRoute = {
  transport: 'authorizer',
  id: 'authorize-connection',
  summary: 'Let those in who carry a valid access token or ticket',
  needs: ['verification-keys', 'session-check', 'redeem-tickets'],
  errors: ['not_authenticated', 'invalid_token', 'token_expired', 'account_suspended'],
};

/** Rotates the key that signs access tokens; nobody has to log in again. */
export const rotateSigningKeys: JobRoute = {
  transport: 'job',
  id: 'rotate-signing-keys',
  summary: 'Sign access tokens with a new key, and accept those of the key before',
  schedule: 'rate(30 days)',
  needs: ['signing-keys-rotation'],
  errors: [],
};

/** Creates the first key that signs access tokens in a new stage. */
export const createSigningKey: JobRoute = {
  transport: 'job',
  id: 'create-signing-key',
  summary: 'Make the first key that signs access tokens, where there is none',
  needs: ['signing-keys-rotation'],
  errors: [],
};

export const feature = {
  name: 'sessions',
  http: [logIn, refreshSession, logOut, listSessions, endSession, issueTicket],
  authorizer: authorizeConnection,
  jobs: [createSigningKey, rotateSigningKeys],
} as const satisfies Feature;

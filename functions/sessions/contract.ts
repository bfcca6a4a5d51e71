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
      description:
        'The code of the authenticator application, or a recovery code, if the account has a second factor.',
      example: '492039',
    }),
  })
  .meta({
    id: 'LoginBody',
    description: 'The credentials: name and password, and the code of a second factor if there is one.',
  });

export type LoginBody = z.infer<typeof LoginBody>;

const refreshToken = {
  description: 'An opaque token that is exchanged for the next tokens.',
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
    expires_in: z
      .int()
      .positive()
      .meta({ description: 'Seconds until the access token expires.', example: 1800 }),
    refresh_token: z.string().meta(refreshToken),
  })
  .meta({ id: 'Tokens', description: 'The tokens of a session.' });

export type Tokens = z.infer<typeof Tokens>;

export const logIn = defineHttpRoute({
  id: 'log-in',
  method: 'POST',
  path: '/api/v1/users/login',
  tag: 'Users',
  summary: 'Log in with username or e-mail address and password',
  description: `A wrong password and an unknown name get the same response. Three limits apply to failures within ${limits.login_window_seconds / 60} min: to an account from one IP address (${limits.login_failures_per_account_and_address}), from one IP address (${limits.login_failures_per_address}), and to an account from anywhere (${limits.login_failures_per_account}). Beyond them the response is 429 with a growing \`Retry-After\`. An IPv6 /64 counts as one address. If the account has a second factor, the right password without \`totp\` gets \`totp_required\`, and a wrong code counts as a failure. An account allows ${limits.totp_failures_per_hour} wrong codes of the application in an hour and ${limits.totp_failures_per_day} in a day, from anywhere; after that its codes get 429, but recovery codes still work. A user has at most ${limits.sessions_per_user} sessions: one more ends the oldest.`,
  auth: 'none',
  rateLimit: 'logins',
  needs: ['mysql', 'sessions', 'rate-limits', 'signing-keys', 'totp-key', 'connections', 'post'],
  load: 'password',
  body: LoginBody,
  responses: { 200: { description: 'The tokens of a new session', body: Tokens } },
  errors: ['invalid_credentials', 'account_suspended', 'totp_required', 'invalid_totp', 'rate_limited'],
});

export const refreshSession = defineHttpRoute({
  id: 'refresh-session',
  method: 'POST',
  path: '/api/v1/users/refresh',
  tag: 'Users',
  summary: 'Exchange a refresh token for new tokens',
  description: `Each refresh token is exchanged for the next. The previous token works again for ${REFRESH_GRACE_SECONDS} s, until one of its successors is used, in case a response was lost or two tabs refreshed at once. Any other used token ends the whole session, because it may have been stolen. An invalid token changes nothing.`,
  auth: 'none',
  rateLimit: 'refreshes',
  needs: ['mysql', 'sessions', 'signing-keys', 'connections', 'post'],
  body: RefreshBody,
  responses: { 200: { description: 'New tokens of the session', body: Tokens } },
  errors: ['invalid_refresh_token', 'refresh_token_reused', 'account_suspended', 'rate_limited'],
});

export const logOut = defineHttpRoute({
  id: 'log-out',
  method: 'POST',
  path: '/api/v1/users/logout',
  tag: 'Users',
  summary: 'End a session and close its sockets',
  description:
    'Requires only the refresh token, no access token. An old refresh token of the session also works; an invalid token is a no-op.',
  auth: 'none',
  rateLimit: { unlimitedBecause: 'Ends a session that can end only once.' },
  needs: ['sessions', 'connections', 'post'],
  body: RefreshBody,
  responses: { 204: { description: 'The session has ended', body: null } },
  errors: [],
});

export const UserSession = z
  .object({
    id: Uuid.meta({ description: 'The session’s id, for ending it.' }),
    created_at: Timestamp.meta({ description: 'When the user logged in.' }),
    last_seen: Timestamp.meta({
      description: `When the session was last used; up to ${limits.access_token_seconds / 60} min late, or a minute while it has a connection.`,
    }),
    user_agent: z.string().nullable().meta({
      description: 'The `User-Agent` of the log-in, in one line. The client chose it: do not trust it.',
      example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    }),
    current: z.boolean().meta({ description: 'Whether this is the session of the request.', example: true }),
  })
  .meta({ id: 'UserSession', description: 'A session: a log-in on one device.' });
export type UserSession = z.infer<typeof UserSession>;

export const listSessions = defineHttpRoute({
  id: 'list-sessions',
  method: 'GET',
  path: '/api/v1/users/me/sessions',
  collection: true,
  tag: 'Users',
  summary: 'List your sessions',
  description: 'The session that was used last comes first.',
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
    'Its refresh tokens stop working at once, its access token within 60 s. You can also end the session of the request.',
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
      .meta({ description: 'Seconds until the ticket expires.', example: TICKET_SECONDS }),
  })
  .meta({ id: 'Ticket', description: 'A ticket that opens one connection.' });

export type Ticket = z.infer<typeof Ticket>;

export const issueTicket = defineHttpRoute({
  id: 'issue-ticket',
  method: 'POST',
  path: '/api/v1/ws/tickets',
  tag: 'Real time',
  summary: 'Get a single-use ticket that opens a connection',
  description: `Connect to \`<websocket_url>?ticket=<ticket>\` within ${TICKET_SECONDS} s. A ticket works once; the connection lasts as long as the access token of this request.`,
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
  summary: 'Admit connections with a valid access token or ticket',
  needs: ['verification-keys', 'session-check', 'redeem-tickets'],
  errors: ['not_authenticated', 'invalid_token', 'token_expired', 'account_suspended'],
};

/** Rotates the key that signs access tokens; nobody has to log in again. */
export const rotateSigningKeys: JobRoute = {
  transport: 'job',
  id: 'rotate-signing-keys',
  summary: 'Sign access tokens with a new key, and still accept those of the previous key',
  schedule: 'rate(30 days)',
  needs: ['signing-keys-rotation'],
  errors: [],
};

/** Creates the first key that signs access tokens in a new stage. */
export const createSigningKey: JobRoute = {
  transport: 'job',
  id: 'create-signing-key',
  summary: 'Create the first key that signs access tokens, if there is none',
  needs: ['signing-keys-rotation'],
  errors: [],
};

export const feature = {
  name: 'sessions',
  http: [logIn, refreshSession, logOut, listSessions, endSession, issueTicket],
  authorizer: authorizeConnection,
  jobs: [createSigningKey, rotateSigningKeys],
} as const satisfies Feature;

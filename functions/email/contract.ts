import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { type InternalRoute, anonymousIsUnlimited, defineHttpRoute } from '../contract/route.ts';
import { Email, NEW_PASSWORD, NewPassword } from '../users/contract.ts';

/** Accepts any text: an invalid token gets the same error as an expired one. */
const Token = z.string().max(1000).meta({
  description: 'The token in the link of the mail.',
  example: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE',
});

export const VerifyEmailBody = z
  .strictObject({ token: Token })
  .meta({ id: 'VerifyEmailBody', description: 'The token that was mailed.' });
export type VerifyEmailBody = z.infer<typeof VerifyEmailBody>;

export const ForgotPasswordBody = z
  .strictObject({ email: Email })
  .meta({ id: 'ForgotPasswordBody', description: 'The e-mail address of the account.' });
export type ForgotPasswordBody = z.infer<typeof ForgotPasswordBody>;

export const ResetPasswordBody = z
  .strictObject({
    token: Token,
    new_password: NewPassword.meta({
      description: `The new password: ${NEW_PASSWORD}.`,
      example: 'a moth in the relay',
    }),
  })
  .meta({ id: 'ResetPasswordBody', description: 'The token that was mailed, and a new password.' });
export type ResetPasswordBody = z.infer<typeof ResetPasswordBody>;

export const verifyEmail = defineHttpRoute({
  id: 'verify-email',
  method: 'POST',
  path: '/api/v1/users/email/verify',
  tag: 'Users',
  summary: 'Confirm an e-mail address by the token that was mailed to it',
  description:
    'A token works once, for 24 hours, and only the newest one works. Changing the password or the e-mail address invalidates it. No log-in is needed.',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['mysql'],
  body: VerifyEmailBody,
  responses: { 204: { description: 'The address is confirmed', body: null } },
  errors: ['invalid_token_given'],
});

export const requestVerification = defineHttpRoute({
  id: 'request-verification',
  method: 'POST',
  path: '/api/v1/users/me/email/verification',
  tag: 'Users',
  summary: 'Resend the mail that confirms your e-mail address',
  description: `At most ${limits.mails_asked_per_hour} times an hour. Sends nothing if the address is confirmed.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['rate-limits', 'request-mail'],
  responses: { 202: { description: 'The mail is on its way', body: null } },
  errors: ['rate_limited'],
});

export const forgotPassword = defineHttpRoute({
  id: 'forgot-password',
  method: 'POST',
  path: '/api/v1/users/password/forgot',
  tag: 'Users',
  summary: 'Request a mail for setting a new password',
  description: `The response and its time do not reveal whether an account has the address. At most ${limits.mails_asked_per_hour} requests an hour for an e-mail address, from anywhere, and ${limits.forgotten_passwords_per_address} from an IP address.`,
  auth: 'none',
  rateLimit: {
    unlimitedBecause: 'There is no user yet. Requests are limited per e-mail address and per IP address.',
  },
  needs: ['rate-limits', 'request-mail'],
  body: ForgotPasswordBody,
  responses: { 202: { description: 'If an account has the address, a mail is on its way', body: null } },
  errors: ['rate_limited'],
});

export const resetPassword = defineHttpRoute({
  id: 'reset-password',
  method: 'POST',
  path: '/api/v1/users/password/reset',
  tag: 'Users',
  summary: 'Set a new password by the token that was mailed, and end all sessions',
  description:
    'A token works once, for one hour, and only the newest one works. All sessions end and their sockets are closed. Failed log-ins to the account from this IP address no longer count. The address counts as confirmed. The second factor stays if the address was confirmed before; otherwise it is removed.',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['mysql', 'sessions', 'rate-limits', 'connections', 'post'],
  load: 'password',
  body: ResetPasswordBody,
  responses: { 204: { description: 'The password has been set', body: null } },
  errors: ['invalid_token_given'],
});

/** Routes queue requests for this function, so that mails are written and sent after the routes' responses. */
export const sendAccountMail: InternalRoute = {
  transport: 'internal',
  id: 'send-account-mail',
  summary: 'Send a mail with a token that confirms an address or sets a password',
  needs: ['mysql', 'rate-limits', 'send-mail'],
  queued: true,
  errors: [],
};

export const feature = {
  name: 'email',
  http: [verifyEmail, requestVerification, forgotPassword, resetPassword],
  internal: [sendAccountMail],
} as const satisfies Feature;

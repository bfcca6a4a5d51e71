import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { type InternalRoute, anonymousIsUnlimited, defineHttpRoute } from '../contract/route.ts';
import { Email, NEW_PASSWORD, NewPassword } from '../users/contract.ts';

/** Accepts any text: an invalid token gets the same error as an expired one. */
const Token = z.string().max(1000).meta({
  description: 'The token in the link of the message.',
  example: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE',
});

export const VerifyEmailBody = z
  .strictObject({ token: Token })
  .meta({ id: 'VerifyEmailBody', description: 'What was sent to the e-mail address.' });
export type VerifyEmailBody = z.infer<typeof VerifyEmailBody>;

export const ForgotPasswordBody = z
  .strictObject({ email: Email })
  .meta({ id: 'ForgotPasswordBody', description: 'Whose password was forgotten.' });
export type ForgotPasswordBody = z.infer<typeof ForgotPasswordBody>;

export const ResetPasswordBody = z
  .strictObject({
    token: Token,
    new_password: NewPassword.meta({
      description: `The password from now on: ${NEW_PASSWORD}.`,
      example: 'a moth in the relay',
    }),
  })
  .meta({ id: 'ResetPasswordBody', description: 'What was sent to the e-mail address, and a new password.' });
export type ResetPasswordBody = z.infer<typeof ResetPasswordBody>;

export const verifyEmail = defineHttpRoute({
  id: 'verify-email',
  method: 'POST',
  path: '/api/v1/users/email/verify',
  tag: 'Users',
  summary: 'Confirm an e-mail address by the token that was sent to it',
  description:
    'A token is good once, for 24 hours, and only the newest. A new password or another e-mail address ends it, too. Nobody has to be logged in.',
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
  summary: 'Have the message sent again that confirms your e-mail address',
  description: `${limits.mails_asked_per_hour} times an hour. Nothing is sent when the address is confirmed.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['rate-limits', 'request-mail'],
  responses: { 202: { description: 'The message is on its way', body: null } },
  errors: ['rate_limited'],
});

export const forgotPassword = defineHttpRoute({
  id: 'forgot-password',
  method: 'POST',
  path: '/api/v1/users/password/forgot',
  tag: 'Users',
  summary: 'Have a message sent by which a new password can be set',
  description: `The same answer, in the same time, whether anybody has the address or not. ${limits.mails_asked_per_hour} times an hour for an e-mail address, whoever asks, and ${limits.forgotten_passwords_per_address} from an IP address.`,
  auth: 'none',
  rateLimit: {
    unlimitedBecause: 'Nobody is known. Requests are limited per e-mail address and per IP address.',
  },
  needs: ['rate-limits', 'request-mail'],
  body: ForgotPasswordBody,
  responses: { 202: { description: 'If somebody has the address, a message is on its way', body: null } },
  errors: ['rate_limited'],
});

export const resetPassword = defineHttpRoute({
  id: 'reset-password',
  method: 'POST',
  path: '/api/v1/users/password/reset',
  tag: 'Users',
  summary: 'Set a new password by the token that was sent, and end all sessions',
  description:
    'A token is good once, for one hour, and only the newest. All sessions end, their sockets are closed, and failed log-ins are forgotten. The address is confirmed by it. A second factor stays where the address was confirmed before, and goes where it was not.',
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
  summary: 'Send a mail with a token, by which an address is confirmed or a password set',
  needs: ['mysql', 'rate-limits', 'send-mail'],
  queued: true,
  errors: [],
};

export const feature = {
  name: 'email',
  http: [verifyEmail, requestVerification, forgotPassword, resetPassword],
  internal: [sendAccountMail],
} as const satisfies Feature;

import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { defineHttpRoute } from '../contract/route.ts';
import { Password } from '../users/contract.ts';

/** Accepts any text: a malformed code gets the same error as a wrong one. */
const Code = z.string().max(64).meta({ example: '492039' });

export const StartTotpBody = z
  .strictObject({ password: Password })
  .meta({ id: 'StartTotpBody', description: 'Your password, to confirm the request.' });
export type StartTotpBody = z.infer<typeof StartTotpBody>;

export const TotpSecret = z
  .object({
    secret: z.string().meta({
      description: 'The secret in base32, for typing it into an authenticator application.',
      example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    }),
    otpauth_url: z.string().meta({
      description: 'The secret as a URL, for a QR code or a link on a phone.',
      example:
        'otpauth://totp/Chat:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Chat&algorithm=SHA1&digits=6&period=30',
    }),
  })
  .meta({ id: 'TotpSecret', description: 'A second factor that is not yet confirmed.' });
export type TotpSecret = z.infer<typeof TotpSecret>;

export const ConfirmTotpBody = z
  .strictObject({ code: Code.meta({ description: 'The code that the application shows.' }) })
  .meta({ id: 'ConfirmTotpBody', description: 'A code of the application.' });
export type ConfirmTotpBody = z.infer<typeof ConfirmTotpBody>;

export const RecoveryCodes = z
  .object({
    recovery_codes: z
      .array(z.string())
      .length(10)
      .meta({
        description:
          'Ten codes, in case the application is lost. Each works once, instead of a code of the application.',
        example: Array.from({ length: 10 }, (_, index) => `k3xw-7b2p-qq4z-hd${(index % 6) + 2}m`),
      }),
  })
  .meta({
    id: 'RecoveryCodes',
    description: 'The recovery codes, returned once: only hashes are stored.',
  });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const StopTotpBody = z
  .strictObject({
    password: Password,
    code: Code.meta({ description: 'The code that the application shows, or a recovery code.' }),
  })
  .meta({ id: 'StopTotpBody', description: 'Your password and a code, to confirm the request.' });
export type StopTotpBody = z.infer<typeof StopTotpBody>;

export const startTotp = defineHttpRoute({
  id: 'start-totp',
  method: 'POST',
  path: '/api/v1/users/me/totp',
  tag: 'Users',
  summary: 'Begin to set up a second factor, an authenticator application',
  description:
    'TOTP as in RFC 6238: SHA-1, six digits, 30 s. Log-ins require a code once the factor is confirmed. Beginning again replaces a factor that is not confirmed.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'rate-limits', 'totp-key'],
  load: 'password',
  body: StartTotpBody,
  responses: { 200: { description: 'The secret', body: TotpSecret } },
  errors: ['wrong_password', 'totp_enabled', 'rate_limited'],
});

export const confirmTotp = defineHttpRoute({
  id: 'confirm-totp',
  method: 'POST',
  path: '/api/v1/users/me/totp/confirm',
  tag: 'Users',
  summary: 'Confirm the second factor with a code, and get recovery codes',
  description: `Log-ins then require \`totp\`; existing sessions continue. The code counts as used. A session allows ${limits.login_failures_per_account_and_address} wrong codes in ${limits.login_window_seconds / 60} min. Wrong codes of the application also count towards the account's limit for log-ins.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'rate-limits', 'totp-key'],
  body: ConfirmTotpBody,
  responses: { 200: { description: 'The recovery codes', body: RecoveryCodes } },
  errors: ['invalid_totp', 'totp_not_started', 'totp_enabled', 'rate_limited'],
});

export const stopTotp = defineHttpRoute({
  id: 'stop-totp',
  method: 'DELETE',
  path: '/api/v1/users/me/totp',
  tag: 'Users',
  summary: 'Remove the second factor',
  description: `Requires the password and a code or recovery code. A session allows ${limits.login_failures_per_account_and_address} wrong codes in ${limits.login_window_seconds / 60} min. Wrong codes of the application also count towards the account's limit for log-ins.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'rate-limits', 'totp-key'],
  load: 'password',
  body: StopTotpBody,
  responses: { 204: { description: 'Log-ins require only the password', body: null } },
  errors: ['wrong_password', 'invalid_totp', 'totp_not_enabled', 'rate_limited'],
});

export const feature = {
  name: 'second-factor',
  http: [startTotp, confirmTotp, stopTotp],
} as const satisfies Feature;

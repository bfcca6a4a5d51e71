import { requestMail } from '../gateways/mail-requests.ts';
import { assertForgottenLimits } from '../rate-limits/mail-limits.ts';
import type { MailRequest } from './mail-request.ts';

export interface ForgotPasswordEffects {
  readonly assertLimits: (email: string, address: string) => Promise<void>;
  readonly requestMail: (mail: MailRequest) => Promise<void>;
}

const liveEffects: ForgotPasswordEffects = {
  assertLimits: (email, address) => assertForgottenLimits(email, address),
  requestMail,
};

/**
 * Queues the mail by which the owner of an e-mail address can set a new password. Does the same for an address that
 * no user has: the function that sends mails looks up the user after the response, so that the response time reveals
 * nothing.
 *
 * @param address the client's IP address
 * @throws ServiceError `rate_limited`, per e-mail address as it was given, and per IP address
 * @throws StoreUnavailableError when the request could not be queued
 */
export const forgotPassword = async (
  email: string,
  address: string,
  { assertLimits, requestMail: request }: ForgotPasswordEffects = liveEffects,
): Promise<void> => {
  await assertLimits(email, address);
  await request({ kind: 'reset', email });
};

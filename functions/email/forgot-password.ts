import { requestMail } from '../gateways/mail-requests.ts';
import { withinForgottenLimits } from '../rate-limits/mail-limits.ts';
import type { MailRequest } from './mail-request.ts';

export interface ForgotPasswordEffects {
  readonly withinLimits: (email: string, address: string, request: () => Promise<void>) => Promise<void>;
  readonly requestMail: (mail: MailRequest) => Promise<void>;
}

const liveEffects: ForgotPasswordEffects = {
  withinLimits: (email, address, request) => withinForgottenLimits(email, address, request),
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
  { withinLimits, requestMail: request }: ForgotPasswordEffects = liveEffects,
): Promise<void> => withinLimits(email, address, () => request({ kind: 'reset', email }));

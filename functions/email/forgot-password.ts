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
 * Has a message sent by which whoever has an e-mail address can set a new password. Does the same for an address that
 * nobody has: who has it is looked up after the answer, by the function that sends.
 *
 * @param address the client's IP address
 * @throws ServiceError `rate_limited`, by the e-mail address as it was given, and by the IP address
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

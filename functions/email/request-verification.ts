import { requestMail } from '../gateways/mail-requests.ts';
import { assertVerificationLimit } from '../rate-limits/mail-limits.ts';
import type { MailRequest } from './mail-request.ts';

export interface RequestVerificationEffects {
  readonly assertLimit: (userId: number) => Promise<void>;
  readonly requestMail: (mail: MailRequest) => Promise<void>;
}

const liveEffects: RequestVerificationEffects = {
  assertLimit: (userId) => assertVerificationLimit(userId),
  requestMail,
};

/**
 * Queues another mail by which a user verifies their e-mail address. A no-op when the address is verified already.
 *
 * @throws ServiceError `rate_limited`
 * @throws StoreUnavailableError when the message could not be queued
 */
export const requestVerification = async (
  userId: number,
  { assertLimit, requestMail: request }: RequestVerificationEffects = liveEffects,
): Promise<void> => {
  await assertLimit(userId);
  await request({ kind: 'verification', user_id: userId });
};

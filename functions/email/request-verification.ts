import { requestMail } from '../gateways/mail-requests.ts';
import { withinVerificationLimit } from '../rate-limits/mail-limits.ts';
import type { MailRequest } from './mail-request.ts';

export interface RequestVerificationEffects {
  readonly withinLimit: (userId: number, request: () => Promise<void>) => Promise<void>;
  readonly requestMail: (mail: MailRequest) => Promise<void>;
}

const liveEffects: RequestVerificationEffects = {
  withinLimit: (userId, request) => withinVerificationLimit(userId, request),
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
  { withinLimit, requestMail: request }: RequestVerificationEffects = liveEffects,
): Promise<void> => withinLimit(userId, () => request({ kind: 'verification', user_id: userId }));

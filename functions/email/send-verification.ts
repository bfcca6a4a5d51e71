import { requestMail } from '../gateways/mail-requests.ts';

/**
 * Queues the message by which a user verifies an e-mail address that is new. For what runs after an answer: an account
 * exists, and an address is changed, although no mail could be queued.
 *
 * @throws StoreUnavailableError
 */
export const sendVerification = (userId: number): Promise<void> =>
  requestMail({ kind: 'verification', user_id: userId });

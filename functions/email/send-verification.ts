import { requestMail } from '../gateways/mail-requests.ts';

/**
 * Queues the mail by which a user verifies a new e-mail address. For work after the response: the account or the new
 * address is stored even when the mail cannot be queued.
 *
 * @throws StoreUnavailableError
 */
export const sendVerification = (userId: number): Promise<void> =>
  requestMail({ kind: 'verification', user_id: userId });

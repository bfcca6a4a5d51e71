import type { MailRequest } from '../email/mail-request.ts';
import { awsPlace, environmentOf, type AwsPlace } from '../platform/environment.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { lambdaFunction } from './lambda-service.ts';

/** Hands requests for mails on to the function that sends them. */
export interface MailRequests {
  /** Returns when the request is queued. @throws StoreUnavailableError when it could not be queued */
  request(mail: MailRequest): Promise<void>;
}

/** Queueing takes milliseconds; somebody waits for the answer. */
const TIMEOUT_MS = 2000;

/**
 * Requests for mails in the queue that Lambda has for each function: an `Invoke` of the type `Event` is answered as soon as
 * it is stored, and is repeated when the function fails. What the mail takes happens after the answer, so that neither the
 * answer nor its time says whether there is somebody to write to.
 *
 * @param endpoint Lambda's address, where it is not AWS's
 */
const createMailRequests = (functionName: string, place: AwsPlace): MailRequests => {
  const invoke = lambdaFunction({ functionName, ...place, answerTimeoutMs: TIMEOUT_MS }, 'Event');
  return {
    request: async (mail) => {
      try {
        const { status } = await invoke(mail);
        if (status !== 202) throw new Error(`Lambda answered ${status}`);
      } catch (error) {
        throw new StoreUnavailableError('lambda', error);
      }
    },
  };
};

let requests: MailRequests | undefined;

/** Queues a request for a mail of this stage. @throws StoreUnavailableError */
export const requestMail = (mail: MailRequest): Promise<void> => {
  requests ??= createMailRequests(environmentOf('request-mail').MAIL_FUNCTION, awsPlace('LAMBDA'));
  return requests.request(mail);
};

import type { MailRequest } from '../email/mail-request.ts';
import { awsLocation, environmentOf, type AwsLocation } from '../platform/environment.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { lambdaFunction } from './lambda-service.ts';

/** Queues requests for the function that sends mails. */
export interface MailRequests {
  /** Returns when the request is queued. @throws StoreUnavailableError when it could not be queued */
  request(mail: MailRequest): Promise<void>;
}

/** Timeout in milliseconds. Queueing takes milliseconds, and a user waits for the response. */
const TIMEOUT_MS = 2000;

/**
 * Queues requests in Lambda's own queue for asynchronous invocations: `Invoke` with the type `Event` responds as soon
 * as the request is stored, and Lambda retries when the function fails. The mail is sent after the response, so that
 * neither the response nor its time reveals whether there is a recipient.
 */
const createMailRequests = (functionName: string, place: AwsLocation): MailRequests => {
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

/** Queues the request for a mail in this stage. @throws StoreUnavailableError */
export const requestMail = (mail: MailRequest): Promise<void> => {
  requests ??= createMailRequests(environmentOf('request-mail').MAIL_FUNCTION, awsLocation('LAMBDA'));
  return requests.request(mail);
};

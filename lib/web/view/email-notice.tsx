import { useSignal } from '@preact/signals';
import { ChatError } from '../../client/chat-client.ts';
import { sentenceOf } from '../model/sentences.ts';
import { useModel } from './use-model.ts';

/** The message for a user who has reached the hourly limit of these mails. */
const limitSentence = ({ retryAfter = 3600 }: ChatError): string => {
  const minutes = Math.ceil(retryAfter / 60);
  return `No more links can be sent for now. Check your spam folder, or try again in ${minutes} min.`;
};

/** Says that the e-mail address is not confirmed yet, and offers to send the mail again. */
export const EmailNotice = () => {
  const model = useModel();
  const outcome = useSignal('');
  const isBusy = useSignal(false);
  const user = model.user.value;
  if (user === undefined || user.email_verified) return null;

  const send = async (): Promise<void> => {
    isBusy.value = true;
    try {
      await model.api.requestVerification();
      outcome.value = `Sent to ${user.email}. The link works for a day.`;
    } catch (error) {
      outcome.value =
        error instanceof ChatError && error.status === 429 ? limitSentence(error) : sentenceOf(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <div class="email-notice">
      <p role="status">
        {outcome.value !== '' ? (
          outcome.value
        ) : (
          <>
            Is <bdi>{user.email}</bdi> yours? Confirm it by the link that we sent there.
          </>
        )}
      </p>
      <button type="button" class="link-button" disabled={isBusy.value} onClick={() => void send()}>
        Get another link
      </button>
    </div>
  );
};

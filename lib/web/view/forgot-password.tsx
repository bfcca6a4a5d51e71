import { useState } from 'preact/hooks';
import { useForm } from './form.tsx';
import { SignInCard } from './sign-in-card.tsx';

/**
 * Requests a mail by which a new password can be set. The response does not reveal whether the address has an account.
 *
 * @param props.ask sends the request
 */
export const ForgotPassword = (props: {
  readonly ask: (email: string) => Promise<void>;
  readonly onBack: () => void;
}) => {
  const [isAsked, setAsked] = useState(false);
  const { attributes, field, busy, message } = useForm(async ({ trimmed }) => {
    await props.ask(trimmed('email'));
    setAsked(true);
  });
  return (
    <SignInCard
      title="Forgot your password?"
      lead={isAsked ? 'Check your mail.' : 'We will send you a link to set a new one.'}
    >
      {isAsked ? (
        <p class="form-message" role="status">
          If there is an account with this address, a link is on its way. It works for an hour. Nothing there?
          Check your spam folder, then ask again.
        </p>
      ) : (
        <form {...attributes} aria-label="Forgot password">
          {field('email', 'E-mail', {
            type: 'email',
            autocomplete: 'email',
            required: true,
            autofocus: true,
          })}
          {message}
          <button type="submit" class="button primary wide" disabled={busy}>
            {busy ? 'One moment…' : 'Send the link'}
          </button>
        </form>
      )}
      <p class="switch">
        <button type="button" class="link-button" onClick={props.onBack}>
          Back to the log-in
        </button>
      </p>
    </SignInCard>
  );
};

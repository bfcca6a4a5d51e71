import { useState } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import { ForgotPassword } from './forgot-password.tsx';
import { useForm } from './form.tsx';
import { Alert } from './icons.tsx';
import { SignInCard } from './sign-in-card.tsx';

/** Sets a new password by the link from a mail, and offers another mail when this link is no longer valid. */
export const ResetPage = (props: {
  readonly reset: (password: string) => Promise<void>;
  readonly ask: (email: string) => Promise<void>;
  readonly onDone: () => void;
}) => {
  const [state, setState] = useState<'asking' | 'done' | 'refused' | 'forgot'>('asking');
  const { attributes, field, busy, message } = useForm(async ({ text }) => {
    try {
      await props.reset(text('new_password'));
      setState('done');
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'invalid_token_given') throw error;
      setState('refused');
    }
  });
  if (state === 'forgot') return <ForgotPassword ask={props.ask} onBack={props.onDone} />;
  if (state === 'done') {
    return (
      <SignInCard title="Your new password is set" lead="Log in with it.">
        <p class="form-message" role="status">
          All devices on which you were logged in are logged out.
        </p>
        <button type="button" class="button primary wide" onClick={props.onDone}>
          To the log-in
        </button>
      </SignInCard>
    );
  }
  if (state === 'refused') {
    return (
      <SignInCard title="This link no longer works" lead="Your password has not changed.">
        <p class="form-message error" role="alert">
          <Alert /> It was used, is older than an hour, or a newer one has been sent.
        </p>
        <button type="button" class="button primary wide" onClick={() => setState('forgot')}>
          Ask for another link
        </button>
      </SignInCard>
    );
  }
  return (
    <SignInCard title="Set a new password" lead="This logs out all your devices.">
      <form {...attributes} aria-label="New password">
        {field(
          'new_password',
          'New password',
          { type: 'password', autocomplete: 'new-password', required: true, autofocus: true },
          'At least 8 characters.',
        )}
        {message}
        <button type="submit" class="button primary wide" disabled={busy}>
          {busy ? 'One moment…' : 'Set the password'}
        </button>
      </form>
    </SignInCard>
  );
};

import { useState } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import { openedInvitation } from '../model/opened-link.ts';
import { route } from '../model/router.ts';
import { useForm } from './form.tsx';
import { onDemand } from './on-demand.tsx';
import { SignInCard } from './sign-in-card.tsx';
import { useModel } from './use-model.ts';

const ForgotPassword = onDemand(async () => (await import('./forgot-password.tsx')).ForgotPassword);
const SecondStep = onDemand(async () => (await import('./second-step.tsx')).SecondStep);

/** A user name and a password that the service has accepted. */
type Credentials = readonly [username: string, password: string];

/** The forms for logging in and for creating an account. */
export const SignIn = () => {
  const model = useModel();
  const [hasForgotten, setForgotten] = useState(false);
  /** Kept while the user enters a code of the second factor. */
  const [credentials, setCredentials] = useState<Credentials>();
  if (hasForgotten) {
    return (
      <ForgotPassword ask={(email) => model.api.forgotPassword(email)} onBack={() => setForgotten(false)} />
    );
  }
  if (credentials !== undefined) {
    return (
      <SecondStep
        logIn={(code) => model.logIn(...credentials, code)}
        onBack={() => setCredentials(undefined)}
      />
    );
  }
  return <Password onForgotten={() => setForgotten(true)} onSecondFactor={setCredentials} />;
};

const Password = (props: {
  readonly onForgotten: () => void;
  readonly onSecondFactor: (credentials: Credentials) => void;
}) => {
  const model = useModel();
  const [isNew, setNew] = useState(false);
  const { attributes, field, busy, message, hasErrors, forgive } = useForm(async ({ text, trimmed }) => {
    if (!isNew) {
      const credentials = [trimmed('username'), text('password')] as const;
      try {
        await model.logIn(...credentials);
      } catch (error) {
        if (!(error instanceof ChatError) || error.code !== 'totp_required') throw error;
        props.onSecondFactor(credentials);
      }
      return;
    }
    await model.register({
      username: trimmed('username'),
      email: trimmed('email'),
      password: text('password'),
      ...(trimmed('full_name') === '' ? {} : { full_name: trimmed('full_name') }),
    });
  });

  return (
    <SignInCard
      title={isNew ? 'Create your account' : 'Welcome back'}
      lead={isNew ? 'You will be chatting in a minute.' : 'Log in to pick up where you left off.'}
    >
      {route.value.page === 'invite' && openedInvitation.value !== undefined && !hasErrors && (
        <p class="form-message" role="status">
          You are invited to a group. Log in to see it, or create an account.
        </p>
      )}
      {model.endedBecause.value !== undefined && !hasErrors && (
        <p class="form-message" role="status">
          {model.endedBecause}
        </p>
      )}
      <form {...attributes} aria-label={isNew ? 'Register' : 'Log in'}>
        {isNew &&
          field('full_name', 'Full name (optional)', { autocomplete: 'name', dir: 'auto', maxLength: 100 })}
        {field('username', isNew ? 'Username' : 'Username or e-mail', {
          autocomplete: 'username',
          autocapitalize: 'none',
          spellcheck: false,
          required: true,
        })}
        {isNew && field('email', 'E-mail', { type: 'email', autocomplete: 'email', required: true })}
        {field(
          'password',
          'Password',
          {
            type: 'password',
            autocomplete: isNew ? 'new-password' : 'current-password',
            required: true,
          },
          isNew ? 'At least 8 characters.' : undefined,
        )}
        {message}
        <button type="submit" class="button primary wide" disabled={busy}>
          {busy ? 'One moment…' : isNew ? 'Create account' : 'Log in'}
        </button>
      </form>
      {!isNew && (
        <p class="switch">
          <button type="button" class="link-button" onClick={props.onForgotten}>
            Forgot password?
          </button>
        </p>
      )}
      <p class="switch">
        {isNew ? 'Already have an account?' : 'New here?'}{' '}
        <button
          type="button"
          class="link-button"
          onClick={() => {
            setNew(!isNew);
            forgive();
          }}
        >
          {isNew ? 'Log in' : 'Create an account'}
        </button>
      </p>
    </SignInCard>
  );
};

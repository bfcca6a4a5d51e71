import { useState } from 'preact/hooks';
import { useForm } from './form.tsx';
import { Mark } from './icons.tsx';
import { useModel } from './use-model.ts';

/** Logging in, and making an account. */
export const SignIn = () => {
  const model = useModel();
  const [isNew, setNew] = useState(false);
  const { attributes, field, busy, message, hasErrors, forgive } = useForm(async ({ text, trimmed }) => {
    if (!isNew) {
      await model.logIn(trimmed('username'), text('password'));
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
    <main class="sign-in">
      <div class="sign-in-card">
        <Mark />
        <h1>{isNew ? 'Create your account' : 'Welcome back'}</h1>
        <p class="lead">
          {isNew ? 'A minute from now you are talking.' : 'Log in to go on where you stopped.'}
        </p>
        {model.endedBecause.value !== undefined && !hasErrors && (
          <p class="form-message" role="status">
            {model.endedBecause}
          </p>
        )}
        <form {...attributes} aria-label={isNew ? 'Register' : 'Log in'}>
          {isNew && field('full_name', 'Full name (optional)', { autocomplete: 'name', maxLength: 100 })}
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
        <p class="switch">
          {isNew ? 'You have an account?' : 'New here?'}{' '}
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
      </div>
    </main>
  );
};

import { useRef, useState } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { Alert, Mark } from './icons.tsx';
import { useModel } from './use-model.ts';

type Errors = Readonly<Record<string, string>>;

/** Which field a refusal is about, where it is about one. */
const errorsOf = (error: unknown): Errors => {
  if (error instanceof ChatError) {
    if (error.code === 'username_taken') return { username: 'This username is taken.' };
    if (error.code === 'email_taken') return { email: 'There is an account with this e-mail address.' };
    if (error.errors.length > 0) {
      return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]));
    }
    if (error.retryAfter !== undefined) {
      return { '': `Too many attempts. Try again in ${Math.ceil(error.retryAfter / 60)} min.` };
    }
  }
  return { '': sentenceOf(error) };
};

/** Logging in, and making an account. */
export const SignIn = () => {
  const model = useModel();
  const [isNew, setNew] = useState(false);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    };
    setBusy(true);
    setErrors({});
    try {
      if (isNew) {
        await model.register({
          username: text('username').trim(),
          email: text('email').trim(),
          password: text('password'),
          ...(text('full_name').trim() === '' ? {} : { full_name: text('full_name').trim() }),
        });
      } else await model.logIn(text('username').trim(), text('password'));
    } catch (error) {
      const found = errorsOf(error);
      setErrors(found);
      const [first] = Object.keys(found);
      form.current
        ?.querySelector<HTMLElement>(`[name="${first === '' ? 'password' : (first ?? '')}"]`)
        ?.focus();
    } finally {
      setBusy(false);
    }
  };

  const field = (name: string, label: string, attributes: object, hint?: string) => {
    const error = errors[name];
    const described = error ?? hint;
    return (
      <div class="field">
        <label for={`field-${name}`}>{label}</label>
        <input
          id={`field-${name}`}
          name={name}
          aria-invalid={error !== undefined}
          {...(described === undefined ? {} : { 'aria-describedby': `about-${name}` })}
          {...attributes}
        />
        {described !== undefined && (
          <p id={`about-${name}`} class={error === undefined ? 'hint' : 'field-error'}>
            {described}
          </p>
        )}
      </div>
    );
  };

  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Mark />
        <h1>{isNew ? 'Create your account' : 'Welcome back'}</h1>
        <p class="lead">
          {isNew ? 'A minute from now you are talking.' : 'Log in to go on where you stopped.'}
        </p>
        {model.endedBecause.value !== undefined && Object.keys(errors).length === 0 && (
          <p class="form-message" role="status">
            {model.endedBecause}
          </p>
        )}
        <form
          ref={form}
          onSubmit={(event) => void submit(event)}
          noValidate
          aria-label={isNew ? 'Register' : 'Log in'}
        >
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
          {errors[''] !== undefined && (
            <p class="form-message error" role="alert">
              <Alert /> {errors['']}
            </p>
          )}
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
              setErrors({});
            }}
          >
            {isNew ? 'Log in' : 'Create an account'}
          </button>
        </p>
      </div>
    </main>
  );
};

import { useState } from 'preact/hooks';
import { useForm } from './form.tsx';
import { SignInCard } from './sign-in-card.tsx';

/** Asks for a code of the second factor after a correct password. */
export const SecondStep = (props: {
  readonly logIn: (code: string) => Promise<void>;
  readonly onBack: () => void;
}) => {
  const [isRecovery, setRecovery] = useState(false);
  const { attributes, field, busy, message, forgive } = useForm(({ trimmed }) =>
    props.logIn(trimmed('code')),
  );
  const kind = isRecovery
    ? { label: 'Recovery code', input: { autocapitalize: 'none', autocomplete: 'off' } }
    : { label: 'Code', input: { inputMode: 'numeric', autocomplete: 'one-time-code' } };
  return (
    <SignInCard
      title="One more step"
      lead={
        isRecovery
          ? 'One of the codes that you saved when you set up the second factor. Each works once.'
          : 'The six digits that your authenticator app shows.'
      }
    >
      <form {...attributes} aria-label="Second factor" key={kind.label}>
        {field('code', kind.label, {
          ...kind.input,
          spellcheck: false,
          maxLength: 64,
          required: true,
          autofocus: true,
        })}
        {message}
        <button type="submit" class="button primary wide" disabled={busy}>
          {busy ? 'One moment…' : 'Log in'}
        </button>
      </form>
      <p class="switch">
        <button
          type="button"
          class="link-button"
          onClick={() => {
            setRecovery(!isRecovery);
            forgive();
          }}
        >
          {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
        </button>
        {' · '}
        <button type="button" class="link-button" onClick={props.onBack}>
          Back
        </button>
      </p>
    </SignInCard>
  );
};

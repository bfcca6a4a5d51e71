import { useEffect, useState } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import { sentenceOf } from '../model/sentences.ts';
import { Alert } from './icons.tsx';
import { SignInCard } from './sign-in-card.tsx';

type State = { readonly of: 'asking' | 'done' } | { readonly of: 'failed'; readonly error: unknown };

const leads = {
  asking: 'One moment…',
  done: 'Your e-mail address is confirmed.',
  failed: 'This did not work.',
} as const;

/** Confirms an e-mail address by the link from a mail. */
export const VerifyPage = (props: { readonly verify: () => Promise<void>; readonly onDone: () => void }) => {
  const [state, setState] = useState<State>({ of: 'asking' });
  const ask = async (): Promise<void> => {
    setState({ of: 'asking' });
    try {
      await props.verify();
      setState({ of: 'done' });
    } catch (error) {
      setState({ of: 'failed', error });
    }
  };
  useEffect(() => void ask(), []);
  const isRefused =
    state.of === 'failed' && state.error instanceof ChatError && state.error.code === 'invalid_token_given';
  return (
    <SignInCard title="Your e-mail address" lead={leads[state.of]}>
      <p class="visually-hidden" role="status">
        {leads[state.of]}
      </p>
      {state.of === 'failed' && (
        <p class="form-message error" role="alert">
          <Alert />
          {isRefused
            ? 'This link no longer works: it was used, is older than a day, or a newer one has been sent. Where you are logged in you can have another one sent.'
            : sentenceOf(state.error)}
        </p>
      )}
      {state.of === 'failed' && !isRefused && (
        <button type="button" class="button wide" onClick={() => void ask()}>
          Try again
        </button>
      )}
      {state.of !== 'asking' && (
        <button type="button" class="button primary wide" onClick={props.onDone}>
          To your chats
        </button>
      )}
    </SignInCard>
  );
};

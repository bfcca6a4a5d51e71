import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { sentenceOf } from '../model/sentences.ts';
import { beginnings, wordsOf } from '../model/words.ts';
import { MessageLink } from './message-link.tsx';
import { useModel } from './use-model.ts';

/** The number of results per page; more load on demand. */
const SHOWN_AT_ONCE = 30;

/** A found message with the matched beginnings of words marked. */
const Marked = ({ text, words }: { readonly text: string; readonly words: readonly string[] }) => {
  const pattern = beginnings(words);
  const found = Math.max(0, text.search(pattern));
  // Up to four whole words before the match.
  const [ahead = ''] = /(?:\S+\s+){0,4}$/.exec(text.slice(Math.max(0, found - 30), found)) ?? [];
  const start = found <= 30 ? 0 : found - ahead.length;
  const parts = `${start > 0 ? '…' : ''}${text.slice(start, start + 160)}`.split(pattern);
  return <>{parts.map((part, index) => (index % 2 === 1 ? <mark key={index}>{part}</mark> : part))}</>;
};

/**
 * The messages that contain words with these beginnings, newest first. Each links to its place in the history.
 *
 * @param props.chatId the chat to search in; undefined means all chats of the user
 */
export const FoundMessages = ({ text, chatId }: { readonly text: string; readonly chatId?: number }) => {
  const model = useModel();
  const found = useSignal<readonly Message[] | undefined>(undefined);
  const total = useSignal(0);
  const limit = useSignal(SHOWN_AT_ONCE);
  const problem = useSignal('');

  useEffect(() => void (limit.value = SHOWN_AT_ONCE), [text]);
  useEffect(() => {
    let over = false;
    problem.value = '';
    if (limit.value === SHOWN_AT_ONCE) found.value = undefined;
    if (text.length < 2) return undefined;
    const search = async (): Promise<void> => {
      try {
        const answer = await model.api.searchMessages({
          q: text,
          match: 'prefix',
          limit: limit.value,
          ...(chatId === undefined ? {} : { chat_id: chatId }),
        });
        if (over) return;
        found.value = answer.items;
        total.value = answer.total;
      } catch (error) {
        if (!over) problem.value = sentenceOf(error);
      }
    };
    const timer = setTimeout(() => void search(), 250);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text, limit.value]);

  const count = found.value?.length ?? 0;
  return (
    <>
      <p class="hint" role="status">
        {problem.value !== ''
          ? problem.value
          : text.length < 2
            ? 'Type two letters or more.'
            : found.value === undefined
              ? 'Searching…'
              : count === 0
                ? 'No message has all these words.'
                : chatId === undefined
                  ? ''
                  : total.value === 1
                    ? '1 message'
                    : `${total.value.toLocaleString()} messages, the newest first`}
      </p>
      <ul>
        {(found.value ?? []).map((message) => (
          <li key={message.id}>
            <MessageLink
              message={message}
              inChat={chatId === undefined ? undefined : model.chats.value.get(chatId)}
            >
              <Marked text={message.content ?? ''} words={wordsOf(text)} />
            </MessageLink>
          </li>
        ))}
      </ul>
      {count > 0 && count < Math.min(total.value, 100) && (
        <button type="button" class="button wide" onClick={() => (limit.value = 100)}>
          Show more
        </button>
      )}
    </>
  );
};

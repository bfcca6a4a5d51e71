import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { beginnings, wordsOf } from '../model/words.ts';
import { ListFoot } from './list-foot.tsx';
import { MessageLink } from './message-link.tsx';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

/** The number of results per page; more load on demand. */
const SHOWN_AT_ONCE = 30;

/** The service's limit. */
const SEARCH_CHARACTERS_MIN = 2;

/** A user who does not type for this long has typed the words. */
const PAUSE_MS = 250;

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
  /** The text as it was when the user last paused. */
  const asked = useSignal('');
  const q = asked.value;
  useEffect(() => {
    const timer = setTimeout(() => void (asked.value = text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const list = usePages<Message>(
    async (page) =>
      q.length < SEARCH_CHARACTERS_MIN
        ? { ...page, items: [], total: 0, pages: 0 }
        : model.api.searchMessages({
            ...page,
            q,
            match: 'prefix',
            ...(chatId === undefined ? {} : { chat_id: chatId }),
          }),
    ({ id }) => id,
    { limit: SHOWN_AT_ONCE, of: [q] },
  );
  const total = list.total.value;
  const isTooShort = text.length < SEARCH_CHARACTERS_MIN;
  const words = wordsOf(q);
  return (
    <>
      <p class="hint" role="status">
        {isTooShort
          ? 'Type two letters or more.'
          : text !== q
            ? 'Searching…'
            : total === 0
              ? ''
              : total === 1
                ? '1 message'
                : `${total.toLocaleString()} messages, the newest first`}
      </p>
      {!isTooShort && text === q && (
        <>
          <ul>
            {list.items.value?.map((message) => (
              <li key={message.id}>
                <MessageLink
                  message={message}
                  inChat={chatId === undefined ? undefined : model.chats.value.get(chatId)}
                >
                  <Marked text={message.content ?? ''} words={words} />
                </MessageLink>
              </li>
            ))}
          </ul>
          <ListFoot list={list} empty="No message has all these words." />
        </>
      )}
    </>
  );
};

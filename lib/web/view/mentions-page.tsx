import { summaryOf } from '../model/summary.ts';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { BackToChats } from './back-to-chats.tsx';
import { MentionedContext, useMentionedNames, WithMentions } from './mentioned.tsx';
import { MessageLink } from './message-link.tsx';
import { useModel } from './use-model.ts';

const PAGE = 30;
/** As much of a message as a list shows. */
const SHOWN_CHARACTERS = 300;

const Mention = ({ message }: { readonly message: Message }) => (
  <MessageLink message={message}>
    <MentionedContext.Provider value={useMentionedNames(message)}>
      <WithMentions text={summaryOf(message).slice(0, SHOWN_CHARACTERS)} />
    </MentionedContext.Provider>
  </MessageLink>
);

/** The messages that mention the user, newest first, of all chats. */
export const MentionsPage = () => {
  const model = useModel();
  const found = useSignal<readonly Message[] | undefined>(undefined);
  const total = useSignal(0);
  const problem = useSignal('');
  const heading = useRef<HTMLHeadingElement>(null);
  /** Grows with each question: an answer to an earlier one is not shown. */
  const asked = useRef(0);

  const load = async (page: number): Promise<void> => {
    const mine = (asked.current += 1);
    problem.value = '';
    try {
      const answer = await model.api.listMentions({ page, limit: PAGE });
      if (mine !== asked.current) return;
      const before = page === 1 ? [] : (found.peek() ?? []);
      // A message that came meanwhile moves others to the next page.
      const isNews = ({ id }: Message): boolean => !before.some((one) => one.id === id);
      found.value = [...before, ...answer.items.filter(isNews)];
      total.value = answer.total;
    } catch (error) {
      if (mine === asked.current) problem.value = sentenceOf(error);
    }
  };
  useEffect(() => heading.current?.focus(), []);
  // Anew when somebody else mentions the user, and when the connection is back.
  const unread = model.mentions.value;
  const isOnline = model.connection.value === 'online';
  useEffect(() => {
    if (isOnline || found.peek() === undefined) void load(1);
  }, [unread, isOnline]);

  const count = found.value?.length ?? 0;
  return (
    <section class="mentions" aria-label="Mentions">
      <header class="bar">
        <BackToChats />
        <h1 ref={heading} tabIndex={-1}>
          Mentions
        </h1>
      </header>
      <div class="chat-list">
        <p class="hint" role="status">
          {problem.value !== ''
            ? problem.value
            : found.value === undefined
              ? 'Loading…'
              : count === 0
                ? 'Nobody has mentioned you yet. People do so by writing @ and your name.'
                : ''}
        </p>
        <ul>
          {(found.value ?? []).map((message) => (
            <li key={message.id}>
              <Mention message={message} />
            </li>
          ))}
        </ul>
        {count > 0 && count < total.value && (
          <button type="button" class="button wide" onClick={() => void load(Math.floor(count / PAGE) + 1)}>
            Show more
          </button>
        )}
      </div>
    </section>
  );
};

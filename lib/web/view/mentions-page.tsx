import { summaryOf } from '../model/summary.ts';
import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { changesMentions } from '../model/list-changes.ts';
import { BackToChats } from './back-to-chats.tsx';
import { ListFoot } from './list-foot.tsx';
import { MentionedContext, useMentionedNames, WithMentions } from './mentioned.tsx';
import { MessageLink } from './message-link.tsx';
import { useModel } from './use-model.ts';
import { usePages, useReload } from './use-pages.ts';

const PAGE = 30;
/** The maximal length of a message's excerpt in the list. */
const SHOWN_CHARACTERS = 300;

const Mention = ({ message }: { readonly message: Message }) => (
  <MessageLink message={message}>
    <MentionedContext.Provider value={useMentionedNames(message)}>
      <WithMentions text={summaryOf(message).slice(0, SHOWN_CHARACTERS)} />
    </MentionedContext.Provider>
  </MessageLink>
);

/** The messages of all chats that mention the user, newest first. */
export const MentionsPage = () => {
  const model = useModel();
  const heading = useRef<HTMLHeadingElement>(null);
  // Reloads when the user has joined or left a chat with mentions, and when the connection is back.
  const list = usePages<Message>(
    (page) => model.api.listMentions(page),
    ({ id }) => id,
    {
      limit: PAGE,
      after: [model.mentions.value, model.left.value],
      canReload: model.connection.value === 'online',
    },
  );
  useReload(list, (message, loaded) => changesMentions(message, loaded, model.user.peek()?.id));
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="mentions" aria-label="Mentions">
      <header class="bar">
        <BackToChats />
        <h1 ref={heading} tabIndex={-1}>
          Mentions
        </h1>
      </header>
      <div class="chat-list">
        <ul>
          {list.items.value?.map((message) => (
            <li key={message.id}>
              <Mention message={message} />
            </li>
          ))}
        </ul>
        <ListFoot
          list={list}
          empty="Nobody has mentioned you yet. People do so by writing @ and your name."
        />
      </div>
    </section>
  );
};

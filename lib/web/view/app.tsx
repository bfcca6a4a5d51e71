import { useEffect } from 'preact/hooks';
import { labelOfChat } from '../model/chat-model.ts';
import { isolated } from '../model/people.ts';
import { route } from '../model/router.ts';
import { Conversation } from './conversation.tsx';
import { Details } from './details.tsx';
import { Compose, Mark } from './icons.tsx';
import { Notices } from './notices.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { useModel } from './use-model.ts';

/** The whole page. */
export const App = () => {
  const model = useModel();
  const signedIn = model.user.value !== undefined;
  return (
    <>
      {signedIn ? <Chats /> : <SignIn />}
      <Notices />
      <p class="visually-hidden" role="log" aria-live="polite" aria-label="New messages">
        {model.announcement}
      </p>
    </>
  );
};

const Chats = () => {
  const model = useModel();
  const { chatId, details } = route.value;
  const chat = chatId === undefined ? undefined : model.chats.value.get(chatId);

  useEffect(() => {
    const unread = model.unread.value;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${chat === undefined ? 'Chat' : isolated(labelOfChat(chat))}`;
  }, [chat, model.unread.value]);

  return (
    <main
      class={`chats ${chatId === undefined ? 'at-list' : 'at-chat'} ${details ? 'with-details' : ''}`}
      data-connection={model.connection}
    >
      <Sidebar />
      {chatId === undefined ? <Nothing /> : <Conversation key={chatId} chatId={chatId} />}
      {chat !== undefined && details && <Details key={chat.id} chat={chat} />}
    </main>
  );
};

/** Beside the list, while no chat is open. */
const Nothing = () => (
  <section class="nothing">
    <Mark />
    <h2>Choose a chat</h2>
    <p>
      Or write to somebody new with <Compose /> above the list.
    </p>
  </section>
);

import { useEffect } from 'preact/hooks';
import { labelOfChat } from '../model/chat-model.ts';
import { isolated } from '../model/people.ts';
import { route } from '../model/router.ts';
import { Conversation, NoChat } from './conversation.tsx';
import { Details } from './details.tsx';
import { Compose, Mark } from './icons.tsx';
import { MentionsPage } from './mentions-page.tsx';
import { Notices } from './notices.tsx';
import { SearchPanel } from './search-panel.tsx';
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
  const { chatId, page, panel, isUnknown } = route.value;
  const chat = chatId === undefined ? undefined : model.chats.value.get(chatId);

  useEffect(() => {
    const unread = model.unread.value;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${chat === undefined ? 'Chat' : isolated(labelOfChat(chat))}`;
  }, [chat, model.unread.value]);

  useEffect(() => {
    // Without this the browser would open a dropped file in place of the page.
    const isFile = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!isFile(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    const refuse = (event: Event): void => {
      event.preventDefault();
      model.tell('Files cannot be sent yet. Text can, and links to where a file is.');
    };
    const drop = (event: DragEvent): void => {
      if (isFile(event)) refuse(event);
    };
    const paste = (event: ClipboardEvent): void => {
      const types = event.clipboardData?.types ?? [];
      if (types.includes('Files') && !types.includes('text/plain')) refuse(event);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, []);

  return (
    <main
      class={`chats ${chatId === undefined && page === undefined && !isUnknown ? 'at-list' : 'at-chat'} ${panel === undefined ? '' : 'with-details'}`}
      data-connection={model.connection}
    >
      <Sidebar />
      {isUnknown ? (
        <NoChat title="There is nothing at this address">It may have been shortened or mistyped.</NoChat>
      ) : page === 'mentions' ? (
        <MentionsPage />
      ) : chatId === undefined ? (
        <Nothing />
      ) : (
        <Conversation key={chatId} chatId={chatId} />
      )}
      {chat !== undefined && panel === 'details' && <Details key={chat.id} chat={chat} />}
      {chat !== undefined && panel === 'search' && <SearchPanel key={chat.id} chat={chat} />}
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

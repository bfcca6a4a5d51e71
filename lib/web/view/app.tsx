import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { labelOfChat } from '../model/chat-model.ts';
import { isolated } from '../model/people.ts';
import { route as routed } from '../model/router.ts';
import { OpenedDialog } from './opened-dialog.tsx';
import { Compose, Mark } from './icons.tsx';
import { NoChat } from './no-chat.tsx';
import { Notices } from './notices.tsx';
import { onDemand } from './on-demand.tsx';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { useModel } from './use-model.ts';

const Conversation = onDemand(async () => (await import('./conversation.tsx')).Conversation);
const Details = onDemand(async () => (await import('./details.tsx')).Details);
const InvitePage = onDemand(async () => (await import('./invite-page.tsx')).InvitePage);
const MentionsPage = onDemand(async () => (await import('./mentions-page.tsx')).MentionsPage);
const SearchPanel = onDemand(async () => (await import('./search-panel.tsx')).SearchPanel);
const Viewer = onDemand(async () => (await import('./viewer.tsx')).Viewer);
const ModerationPage = onDemand(async () => (await import('./moderation-page.tsx')).ModerationPage);

/** The root component of the page. */
export const App = () => {
  const model = useModel();
  const signedIn = model.user.value !== undefined;
  return (
    <>
      {signedIn ? <Chats /> : <SignIn />}
      <OpenedDialog />
      <Notices />
      <p class="visually-hidden" role="log" aria-live="polite" aria-label="New messages">
        {model.announcement}
      </p>
    </>
  );
};

const Chats = () => {
  const model = useModel();
  const { chatId, page, panel, isUnknown } = routed.value;
  const chat = chatId === undefined ? undefined : model.chats.value.get(chatId);

  useEffect(() => {
    const unread = model.unread.value;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${chat === undefined ? 'Chat' : isolated(labelOfChat(chat))}`;
  }, [chat, model.unread.value]);

  const { chats, editing } = model;
  const dragging = useSignal(false);
  useEffect(() => {
    // Without these handlers the browser would open a dropped file in place of the page.
    const isFile = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!isFile(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      dragging.value = true;
    };
    const take = (event: Event, files: FileList | undefined): void => {
      event.preventDefault();
      const chat = chats.peek().get(routed.peek().chatId ?? 0);
      if (chat === undefined) model.tell('Open a chat first: files go to the one that is open.');
      // Files must not be kept until the user may write again: they would be sent unexpectedly.
      else if (model.tellRefusal(chat)) return;
      else if (editing.peek() !== undefined)
        model.tell('Finish the change first: files go into a new message.');
      else model.files.choose(chat.id, files ?? []);
    };
    const drop = (event: DragEvent): void => {
      dragging.value = false;
      if (isFile(event)) take(event, event.dataTransfer?.files);
    };
    // Without a `relatedTarget` the pointer has left the page.
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (relatedTarget === null) dragging.value = false;
    };
    const paste = (event: ClipboardEvent): void => {
      const types = event.clipboardData?.types ?? [];
      if (types.includes('Files') && !types.includes('text/plain')) take(event, event.clipboardData?.files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
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
      ) : page === 'invite' ? (
        <InvitePage />
      ) : page === 'moderation' ? (
        <ModerationPage />
      ) : chatId === undefined ? (
        <Nothing />
      ) : (
        <Conversation key={chatId} chatId={chatId} />
      )}
      {chat !== undefined && dragging.value && model.whyRefused(chat) === undefined && (
        <p class="drop-here" aria-hidden="true">
          <span>Drop to send it here</span>
        </p>
      )}
      {model.files.viewed.value !== undefined && (
        <Viewer viewed={model.files.viewed.value} onClose={() => (model.files.viewed.value = undefined)} />
      )}
      {chat !== undefined && panel === 'details' && <Details key={chat.id} chat={chat} />}
      {chat !== undefined && panel === 'search' && <SearchPanel key={chat.id} chat={chat} />}
    </main>
  );
};

/** Shown beside the list while no chat is open. */
const Nothing = () => (
  <section class="nothing">
    <Mark />
    <h2>Choose a chat</h2>
    <p>
      Or write to somebody new with <Compose /> above the list.
    </p>
  </section>
);

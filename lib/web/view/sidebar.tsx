import { summaryOf, summaryOfPending } from '../model/summary.ts';
import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { activityOf } from '../../client/view/chat-view.ts';
import { nameOf, titleOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { BLOCKED_TEXT } from '../model/blocked.ts';
import { labelOfChat } from '../model/chat-model.ts';
import { listedDrafts } from '../model/drafts.ts';
import { isMuted } from '../model/mute.ts';
import { navigate, pathOf, route } from '../model/router.ts';
import { hasWords } from '../model/words.ts';
import { setTheme, theme, themes } from '../model/theme.ts';
import { Avatar } from './avatar.tsx';
import { Dialog } from './dialog.tsx';
import { isComposing } from './is-composing.ts';
import { navigateOnClick } from './navigate-on-click.ts';
import { At, Close, Compose, Muted, Search } from './icons.tsx';
import { Menu } from './menu.tsx';
import { ChatName } from './name.tsx';
import { NotificationOffer } from './notification-offer.tsx';
import { exactTime, shortTime } from './times.ts';
import { onDemand } from './on-demand.tsx';
import { WithChatMenu } from './chat-menu.tsx';
import { useModel } from './use-model.ts';

const EmailNotice = onDemand(async () => (await import('./email-notice.tsx')).EmailNotice);
const FoundMessages = onDemand(async () => (await import('./found-messages.tsx')).FoundMessages);
const NewChat = onDemand(async () => (await import('./new-chat.tsx')).NewChat);
const Account = onDemand(async () => (await import('./account.tsx')).Account);

/** The list of chats, and the search over them. */
export const Sidebar = () => {
  const model = useModel();
  const query = useSignal('');
  const composing = useSignal(false);
  const account = useSignal(false);
  const leaving = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const user = model.user.value;
  const mentions = model.mentions.value;

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        input.current?.focus();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const logOut = (): void => {
    if (model.outbox.peek().length > 0) leaving.value = true;
    else void model.logOut();
  };

  return (
    <section class="sidebar" aria-label="Chats">
      <header class="bar">
        {user !== undefined && (
          <Menu
            label={`Account of ${nameOf(user)}`}
            class="account-button"
            items={[
              ...themes.map((name) => ({
                label: { system: 'Theme of the system', light: 'Light', dark: 'Dark' }[name],
                checked: theme.value === name,
                run: () => setTheme(name),
              })),
              { label: 'Your account', run: () => (account.value = true) },
              { label: 'Log out', danger: true, run: logOut },
            ]}
          >
            <Avatar id={user.id} name={nameOf(user)} url={user.avatar_url} />
          </Menu>
        )}
        <h1>Chats</h1>
        <a
          class="icon-button"
          href={pathOf({ page: 'mentions' })}
          aria-label={`Mentions${mentions > 0 ? `, ${mentions} unread` : ''}`}
          title="Mentions"
          {...(route.value.page === 'mentions' ? { 'aria-current': 'page' as const } : {})}
          onClick={(event) => navigateOnClick(event, () => navigate({ page: 'mentions' }))}
        >
          <At />
          {mentions > 0 && (
            <span class="badge" aria-hidden="true">
              {mentions > 99 ? '99+' : mentions}
            </span>
          )}
        </a>
        <button
          type="button"
          class="icon-button"
          aria-label="New chat"
          title="New chat"
          onClick={() => (composing.value = true)}
        >
          <Compose />
        </button>
      </header>
      <div class="search" role="search">
        <Search />
        <input
          ref={input}
          type="search"
          dir="auto"
          placeholder="Search chats and messages"
          aria-label="Search chats and messages"
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && !isComposing(event)) {
              query.value = '';
              input.current?.blur();
            }
          }}
        />
        {query.value !== '' && (
          <button
            type="button"
            class="icon-button"
            aria-label="Clear the search"
            onClick={() => {
              query.value = '';
              input.current?.focus();
            }}
          >
            <Close />
          </button>
        )}
      </div>
      <ConnectionBanner />
      <NotificationOffer />
      {query.value.trim() === '' ? <ChatList /> : <Found query={query} />}
      {user?.email_verified === false && <EmailNotice />}
      {composing.value && <NewChat onClose={() => (composing.value = false)} />}
      {account.value && <Account onClose={() => (account.value = false)} />}
      {leaving.value && <LogOut onClose={() => (leaving.value = false)} />}
    </section>
  );
};

/** Asks what to do with unsent messages at log-out. */
const LogOut = ({ onClose }: { readonly onClose: () => void }) => {
  const model = useModel();
  const count = model.outbox.value.length;
  return (
    <Dialog title="Log out?" onClose={onClose} small>
      <p class="dialog-text">
        {count === 1 ? 'One message has' : `${count} messages have`} not been sent. What you keep waits in
        this browser, and is sent when you log in here again.
      </p>
      <footer>
        <button type="button" class="button danger" onClick={() => void model.logOut(true)}>
          Discard and log out
        </button>
        <button type="button" class="button primary" onClick={() => void model.logOut()}>
          Keep and log out
        </button>
      </footer>
    </Dialog>
  );
};

/** Shows problems of the connection that last long enough to be of interest. */
export const ConnectionBanner = () => {
  const model = useModel();
  const trouble = model.trouble.value;
  switch (trouble) {
    case 'none':
      return null;
    case 'connecting':
      return (
        <div class="banner quiet" role="status">
          <span>Connecting…</span>
        </div>
      );
    case 'offline':
      return (
        <div class="banner" role="status">
          <span>
            <strong>You are offline.</strong> What you write is sent when the connection is back.
          </span>
          <button type="button" class="link-button" onClick={() => model.client.reconnect()}>
            Try now
          </button>
        </div>
      );
    case 'suspended':
      return (
        <div class="banner" role="status">
          <span>{model.suspension}</span>
          <button type="button" class="link-button" onClick={() => model.client.start()}>
            Try again
          </button>
        </div>
      );
    case 'displaced':
      return (
        <div class="banner" role="status">
          <span>
            <strong>Too many devices.</strong> You are connected on so many others that this one had to go.
          </span>
          <button type="button" class="link-button" onClick={() => model.client.start()}>
            Connect here
          </button>
        </div>
      );
  }
};

const ChatList = () => {
  const model = useModel();
  const list = model.chatList.value;
  if (list.length === 0) {
    const state = model.chatsState.value;
    if (state === 'loading') return <Placeholder />;
    return (
      <div class="empty">
        {state === 'failed' ? (
          <>
            <p>Your chats could not be loaded.</p>
            <button type="button" class="button" onClick={() => void model.loadChats()}>
              Try again
            </button>
          </>
        ) : (
          <>
            <h2>No chats yet</h2>
            <p>Find somebody with “New chat”, or wait until somebody finds you.</p>
          </>
        )}
      </div>
    );
  }
  return (
    <nav class="chat-list" aria-label="Chats">
      <ul>
        {list.map((chat) => (
          <WithChatMenu key={chat.id} chat={chat}>
            <ChatRow chat={chat} />
          </WithChatMenu>
        ))}
      </ul>
    </nav>
  );
};

const Placeholder = () => (
  <div class="placeholder" role="status" aria-label="Loading your chats">
    {[0, 1, 2, 3, 4].map((row) => (
      <span key={row} />
    ))}
  </div>
);

/** The last message in one line. */
const Preview = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const typing = [...(model.typing.value.get(chat.id) ?? [])];
  if (typing.length > 0) {
    const who =
      chat.chat_type === 'direct' ? (
        ''
      ) : (
        <>
          <bdi>{nameOf(model.people.person(typing[0] ?? 0))}</bdi> is{' '}
        </>
      );
    return <span class="preview typing-preview">{who}typing…</span>;
  }
  const waiting = model.outbox.value.findLast(({ chat_id }) => chat_id === chat.id);
  if (waiting !== undefined) {
    return (
      <span class={`preview ${waiting.state === 'failed' ? 'failed' : ''}`}>
        {waiting.state === 'failed' ? 'Not sent: ' : 'Sending: '}
        <bdi>{summaryOfPending(waiting).slice(0, 120)}</bdi>
      </span>
    );
  }
  const draft = listedDrafts.value.get(chat.id);
  if (draft !== undefined && draft.text !== '' && route.value.chatId !== chat.id) {
    return (
      <span class="preview">
        <strong class="draft">Draft:</strong> <bdi>{draft.text.slice(0, 120)}</bdi>
      </span>
    );
  }
  const last = chat.last_message;
  if (last === null)
    return <span class="preview">{chat.chat_type === 'group' ? 'New group' : 'New chat'}</span>;
  const mine = last.sender_id === model.user.value?.id;
  const who = mine
    ? 'You'
    : chat.chat_type === 'group'
      ? nameOf(model.people.person(last.sender_id, last.sender_username))
      : undefined;
  if (model.blocked.hides(last))
    return (
      <span class="preview">
        <em>{BLOCKED_TEXT}</em>
      </span>
    );
  if (last.is_deleted)
    return (
      <span class="preview">
        <em>Message deleted</em>
      </span>
    );
  return (
    <span class="preview">
      {who !== undefined && (
        <>
          <bdi>{who}</bdi>:{' '}
        </>
      )}
      <bdi>{summaryOf(last).slice(0, 120)}</bdi>
    </span>
  );
};

const ChatRow = ({ chat }: { readonly chat: Chat }) => {
  const title = titleOf(chat);
  const muted = isMuted(chat);
  const current = route.value.chatId === chat.id;
  // The time by which the list is sorted: that of the last message, or of a later change of the group.
  const activity = activityOf(chat);
  return (
    <a
      class={`chat-row ${chat.unread_count > 0 ? 'unread' : ''}`}
      href={pathOf({ chatId: chat.id })}
      {...(current ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => navigateOnClick(event, () => navigate({ chatId: chat.id }))}
    >
      <Avatar
        id={chat.peer?.id ?? chat.id}
        name={title}
        group={chat.chat_type === 'group'}
        online={chat.peer?.online === true}
        url={chat.peer?.avatar_url ?? chat.avatar_url}
      />
      <span class="chat-row-text">
        <span class="title">
          <ChatName of={chat} />
          {muted && (
            <span class="muted">
              <Muted />
              <span class="visually-hidden">, muted</span>
            </span>
          )}
        </span>
        {chat.peer?.online === true && <span class="visually-hidden">, online</span>}
        <time dateTime={activity} title={exactTime(activity)}>
          {shortTime(activity)}
        </time>
        <Preview chat={chat} />
        {chat.unread_count > 0 && (
          <span class="badges">
            {chat.mention_count > 0 && (
              <span class="badge">
                <span aria-hidden="true">@</span>
                <span class="visually-hidden">
                  {chat.mention_count === 1 ? '1 mention' : `${chat.mention_count} mentions`}
                </span>
              </span>
            )}
            <span class={`badge ${muted ? 'quiet' : ''}`}>
              {chat.unread_count > 99 ? '99+' : chat.unread_count}
              <span class="visually-hidden"> unread</span>
            </span>
          </span>
        )}
      </span>
    </a>
  );
};

/** The chats and messages that match a query. */
const Found = ({ query }: { readonly query: Signal<string> }) => {
  const model = useModel();
  const text = query.value.trim();
  const chats = model.chatList.value.filter((chat) => hasWords(labelOfChat(chat), text));
  return (
    <nav class="chat-list" aria-label="Search results">
      {chats.length > 0 && (
        <>
          <h2>Chats</h2>
          <ul>
            {chats.map((chat) => (
              <li key={chat.id}>
                <ChatRow chat={chat} />
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>Messages</h2>
      <FoundMessages text={text} />
    </nav>
  );
};

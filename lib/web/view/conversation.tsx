import { useEffect } from 'preact/hooks';
import { titleOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { labelOfChat } from '../model/chat-model.ts';
import { labelOf } from '../model/people.ts';
import { navigate, pathOf, route, type Panel } from '../model/router.ts';
import { repeatWhileVisible } from '../model/while-visible.ts';
import { Avatar } from './avatar.tsx';
import { CannotWrite } from './cannot-write.tsx';
import { Composer } from './composer.tsx';
import { BackToChats } from './back-to-chats.tsx';
import { navigateOnClick } from './navigate-on-click.ts';
import { Info, Search } from './icons.tsx';
import { MessageList } from './message-list.tsx';
import { ChatName } from './name.tsx';
import { NoChat } from './no-chat.tsx';
import { Pins } from './pins.tsx';
import { ConnectionBanner } from './sidebar.tsx';
import { durationText, timeAgo } from './times.ts';
import { useModel } from './use-model.ts';

/**
 * The interval in milliseconds at which the presence of the members is polled, since the service pushes it only for
 * those who have opened this chat.
 */
const REFRESH_MS = 30_000;

/** One chat: its header, pins, messages and composer. */
export const Conversation = ({ chatId }: { readonly chatId: number }) => {
  const model = useModel();
  const chat = model.chats.value.get(chatId);
  const known = chat !== undefined;

  useEffect(() => {
    if (!known) {
      // The address was typed or bookmarked; it may belong to a direct chat that is hidden from the list.
      if (model.chatsState.value === 'loaded' && !model.left.peek().has(chatId))
        void model.loadDetail(chatId);
      return undefined;
    }
    model.presence.join(chatId);
    void model.openChat(chat);
    const stop = repeatWhileVisible(document, () => void model.loadDetail(chatId), REFRESH_MS);
    return () => {
      stop();
      model.presence.stopTyping(chatId);
      model.presence.leave(chatId);
    };
  }, [chatId, known, model.chatsState.value]);

  if (chat === undefined) return <ChatUnavailable chatId={chatId} />;
  const refusal = model.whyRefused(chat);
  return (
    <section class="conversation" aria-label={labelOfChat(chat)}>
      <Header chat={chat} />
      <div class="only-phone">
        <ConnectionBanner />
      </div>
      <Pins chat={chat} />
      <MessageList chat={chat} />
      <Typing chat={chat} />
      {chat.chat_type === 'direct' && refusal !== undefined ? (
        <CannotWrite chat={chat} refusal={refusal} />
      ) : (
        <Composer chat={chat} />
      )}
    </section>
  );
};

/** Shown in place of a chat that does not exist for the user, or is not loaded yet. */
const ChatUnavailable = ({ chatId }: { readonly chatId: number }) => {
  const model = useModel();
  if (model.left.value.has(chatId)) {
    return (
      <NoChat title="You are not in this chat">
        You left it or were removed from it. You can no longer see what was said in it.
      </NoChat>
    );
  }
  if (model.absent.value.has(chatId)) {
    return <NoChat title="There is no such chat">Or you are not in it: somebody in it can add you.</NoChat>;
  }
  return <section class="nothing" />;
};

/** The presence of a direct chat's peer, or the number of members of a group and of those online. */
const Subtitle = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  if (chat.chat_type === 'direct') {
    const { peer } = chat;
    if (peer === undefined) return <>This account does not exist any more</>;
    if (peer.online) return <>online</>;
    return <>{peer.last_seen === null ? `@${peer.username}` : `last seen ${timeAgo(peer.last_seen)}`}</>;
  }
  const participants = model.details.value.get(chat.id)?.participants;
  const online = participants?.filter((one) => one.online).length ?? 0;
  const members = chat.participant_count === 1 ? '1 member' : `${chat.participant_count} members`;
  const settings = [
    ...(chat.posting === 'admins' ? ['only admins write'] : []),
    ...(chat.slow_seconds > 0 ? [`slow mode: ${durationText(chat.slow_seconds)}`] : []),
  ];
  return <>{[online > 0 ? `${members}, ${online} online` : members, ...settings].join(' · ')}</>;
};

const Header = ({ chat }: { readonly chat: Chat }) => {
  const title = titleOf(chat);
  const { panel } = route.value;
  const placeOf = (wanted: Panel) => ({ chatId: chat.id, panel: panel === wanted ? undefined : wanted });
  const [details, search] = [placeOf('details'), placeOf('search')];
  return (
    <header class="bar">
      <BackToChats />
      {/* Does the same as the link at the end of the bar, since mouse users also click here. */}
      <div class="bar-who" onClick={() => navigate(details)}>
        <Avatar
          id={chat.peer?.id ?? chat.id}
          name={title}
          group={chat.chat_type === 'group'}
          online={chat.peer?.online === true}
          url={chat.peer?.avatar_url ?? chat.avatar_url}
        />
        <div class="bar-text">
          <h1>
            <ChatName of={chat} />
          </h1>
          <p class="subtitle">
            <Subtitle chat={chat} />
          </p>
        </div>
      </div>
      <a
        class="icon-button"
        href={pathOf(search)}
        aria-label={panel === 'search' ? 'Close the search in this chat' : 'Search in this chat'}
        title="Search in this chat"
        onClick={(event) => navigateOnClick(event, () => navigate(search))}
      >
        <Search />
      </a>
      <a
        class="icon-button"
        href={pathOf(details)}
        aria-label={panel === 'details' ? 'Close the details' : 'Details of the chat'}
        title="Details"
        onClick={(event) => navigateOnClick(event, () => navigate(details))}
      >
        <Info />
      </a>
    </header>
  );
};

const Typing = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const names = [...(model.typing.value.get(chat.id) ?? [])]
    .filter((id) => !model.blocked.has(id))
    .map((id) => labelOf(model.people.person(id)));
  const [first = '', second = ''] = names;
  const text =
    names.length === 0
      ? ''
      : names.length === 1
        ? `${first} is typing`
        : names.length === 2
          ? `${first} and ${second} are typing`
          : `${names.length} people are typing`;
  return (
    <p class={`typing ${text === '' ? '' : 'shown'}`}>
      {text !== '' && (
        <>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <bdi>{text}</bdi>
        </>
      )}
    </p>
  );
};

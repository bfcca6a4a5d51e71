import { useRef } from 'preact/hooks';
import { nameOf } from '../../client/view/names.ts';
import type { PendingMessage } from '../../client/chat-client.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import { Avatar, hueOf } from './avatar.tsx';
import { Alert, Clock, More, Read, Sent } from './icons.tsx';
import { Menu, type MenuItem, type Point } from './menu.tsx';
import { pressedLong } from './long-press.ts';
import { QUICK_REACTIONS, Reactions } from './reactions.tsx';
import { MessageText } from './message-text.tsx';
import { Name } from './name.tsx';
import type { ChatModel } from '../model/chat-model.ts';
import { labelOf } from '../model/people.ts';
import { exactTime, timeOfDay } from './times.ts';
import { useModel } from './use-model.ts';

/** What one may do with a message. */
const useActions = (chat: Chat, message: Message): MenuItem[] => {
  const model = useModel();
  const mine = message.sender_id === model.user.value?.id;
  const mayDelete = mine || (chat.chat_type === 'group' && chat.is_admin);
  const { content } = message;
  return [
    ...(content === null
      ? []
      : [
          {
            label: 'Copy text',
            run: () => {
              // Pages from an origin that is not secure have no clipboard.
              const copied =
                'clipboard' in navigator ? navigator.clipboard.writeText(content) : Promise.reject();
              copied.catch(() => model.tell('The text could not be copied.'));
            },
          },
        ]),
    ...(mine && !message.is_deleted
      ? [{ label: 'Edit', run: () => void (model.editing.value = { chatId: chat.id, message }) }]
      : []),
    ...(mayDelete && !message.is_deleted
      ? [{ label: 'Delete', danger: true, run: () => void model.deleteMessage(message) }]
      : []),
  ];
};

/** The reactions that a message's menu begins with. */
const quickReactions = (model: ChatModel, message: Message) =>
  QUICK_REACTIONS.map(({ emoji, name }) => {
    const isOn = message.reactions.some((one) => one.emoji === emoji && one.me);
    return {
      mark: emoji,
      label: isOn ? `Take back ${name}` : `React with ${name}`,
      checked: isOn,
      run: () => void model.react(message, emoji, !isOn),
    };
  });

/** A message that the service has. */
export const MessageRow = (props: {
  readonly chat: Chat;
  readonly message: Message;
  /** Whether it goes on from the message above, by the same person. */
  readonly goesOn: boolean;
  readonly isRead: boolean;
}) => {
  const { chat, message, goesOn } = props;
  const model = useModel();
  const mine = message.sender_id === model.user.value?.id;
  const showsSender = !mine && chat.chat_type === 'group';
  const sender = model.people.person(message.sender_id, message.sender_username);
  const actions = useActions(chat, message);
  const opener = useRef<(at: Point) => void>(undefined);
  const openMenu = (event: Event, at: Point): void => {
    // A link has a menu of its own, and who has selected a text wants to do something with that.
    const onLink = (event.target as Element).closest('a, button, [role=menu]') !== null;
    if (opener.current === undefined || onLink || getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    opener.current(at);
  };
  const mayRestore = message.is_deleted && (mine || (chat.chat_type === 'group' && chat.is_admin));
  return (
    <li
      class={`message ${mine ? 'mine' : 'theirs'} ${goesOn ? 'goes-on' : ''}`}
      data-seq={message.seq}
      tabIndex={-1}
      onContextMenu={(event) => openMenu(event, { x: event.clientX, y: event.clientY })}
      {...pressedLong(openMenu)}
    >
      {showsSender &&
        (goesOn ? (
          <span class="avatar-space" />
        ) : (
          <Avatar id={message.sender_id} name={nameOf(sender)} size="small" />
        ))}
      <div class={`bubble ${message.is_deleted ? 'deleted' : ''}`}>
        {showsSender && !goesOn ? (
          <p class="sender" style={{ '--hue': String(hueOf(message.sender_id)) }}>
            <Name of={sender} />
          </p>
        ) : (
          <span class="visually-hidden">{mine ? 'You' : labelOf(sender)}: </span>
        )}
        <div class="said">
          {message.is_deleted ? (
            <p class="text">Message deleted</p>
          ) : (
            <MessageText text={message.content ?? ''} />
          )}
          <p class="meta">
            {mayRestore && (
              <button
                type="button"
                class="link-button"
                tabIndex={-1}
                onClick={() => void model.restoreMessage(message)}
              >
                Restore
              </button>
            )}
            {message.is_edited && !message.is_deleted && <span>edited</span>}
            <time dateTime={message.timestamp} title={exactTime(message.timestamp)}>
              {timeOfDay(message.timestamp)}
            </time>
            {mine && !message.is_deleted && (
              <span class={`state ${props.isRead ? 'read' : ''}`}>
                {props.isRead ? <Read /> : <Sent />}
                <span class="visually-hidden">{props.isRead ? 'read' : 'sent'}</span>
              </span>
            )}
          </p>
        </div>
        <Reactions message={message} />
      </div>
      {(actions.length > 0 || !message.is_deleted) && (
        <Menu
          label="What to do with this message"
          class="icon-button message-menu"
          tabIndex={-1}
          items={actions}
          {...(message.is_deleted ? {} : { row: quickReactions(model, message) })}
          opener={opener}
        >
          <More />
        </Menu>
      )}
    </li>
  );
};

/** A message on its way. */
export const PendingRow = ({ pending }: { readonly pending: PendingMessage }) => {
  const { client } = useModel();
  const failed = pending.state === 'failed';
  return (
    <li class={`message mine ${failed ? 'failed' : 'sending'}`} tabIndex={-1}>
      <div class="bubble">
        <span class="visually-hidden">You: </span>
        <div class="said">
          <MessageText text={pending.content} />
          <p class="meta">
            <time dateTime={pending.created_at}>{timeOfDay(pending.created_at)}</time>
            <span class="state">
              {failed ? <Alert /> : <Clock />}
              <span class="visually-hidden">{failed ? 'not sent' : 'sending'}</span>
            </span>
          </p>
        </div>
      </div>
      {failed && (
        <p class="failure" role="alert">
          Not sent: {pending.error?.detail ?? 'the service refused it.'}{' '}
          <button type="button" class="link-button" onClick={() => client.retry(pending.client_message_id)}>
            Try again
          </button>{' '}
          <button type="button" class="link-button" onClick={() => client.discard(pending.client_message_id)}>
            Discard
          </button>
        </p>
      )}
    </li>
  );
};

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { quoteOf } from '../../client/quote-of.ts';
import { isMentioned } from '../../client/quotes.ts';
import { nameOf } from '../../client/view/names.ts';
import type { PendingMessage } from '../../client/chat-client.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import { openedDialog } from '../model/opened-dialog.ts';
import { Avatar, hueOf } from './avatar.tsx';
import { BlockedMessage } from './blocked-message.tsx';
import { personItems } from './chat-items.ts';
import { Alert, Clock, More, Pin, Plus, Read, Reply, Sent, Smile } from './icons.tsx';
import { Menu, type MenuItem } from './menu.tsx';
import { gestures } from './gestures.ts';
import { useMentionedNames } from './mentioned.tsx';
import { onDemand } from './on-demand.tsx';
import type { Point } from './popover.ts';
import { Quote } from './quote.tsx';
import { QUICK_REACTIONS, Reactions } from './reactions.tsx';
import { MessageText } from './message-text.tsx';
import { Name } from './name.tsx';
import { Attachments, PendingFiles } from './message-files.tsx';
import type { ChatModel } from '../model/chat-model.ts';
import { labelOf } from '../model/people.ts';
import { exactTime, timeOfDay } from './times.ts';
import { useModel } from './use-model.ts';

const EmojiPicker = onDemand(async () => (await import('./emoji-picker.tsx')).EmojiPicker);
const WhoReacted = onDemand(async () => (await import('./who-reacted.tsx')).WhoReacted);

/**
 * The menu items of a message.
 *
 * @param ask opens the window that shows who reacted
 */
const useActions = (chat: Chat, message: Message, ask: () => void): MenuItem[] => {
  const model = useModel();
  const mine = message.sender_id === model.user.value?.id;
  const mayDelete = mine || (chat.chat_type === 'group' && chat.is_admin);
  const { content } = message;
  return [
    ...(message.is_deleted ? [] : [{ label: 'Reply', run: () => model.replyTo(message) }]),
    ...(content === null || content === ''
      ? []
      : [
          {
            label: 'Copy text',
            run: () => {
              // Insecure origins have no clipboard API.
              const copied =
                'clipboard' in navigator ? navigator.clipboard.writeText(content) : Promise.reject();
              copied.catch(() => model.tell('The text could not be copied.'));
            },
          },
        ]),
    ...(message.reactions.length > 0 ? [{ label: 'Who reacted', run: ask }] : []),
    ...(model.mayPin(chat) && !message.is_deleted
      ? [
          {
            label: message.pinned_at === null ? 'Pin' : 'Unpin',
            run: () => void model.pin(message, message.pinned_at === null),
          },
        ]
      : []),
    ...(mine && !message.is_deleted
      ? [{ label: 'Edit', run: () => void (model.editing.value = { chatId: chat.id, message }) }]
      : []),
    ...(mayDelete && !message.is_deleted
      ? [{ label: 'Delete', danger: true, run: () => void model.deleteMessage(message) }]
      : []),
    ...(mine || message.is_deleted ? [] : reportItems(model, message)),
  ];
};

/** The menu items to report a message of another user, and to block that user. */
const reportItems = (model: ChatModel, message: Message): MenuItem[] => {
  const person = {
    id: message.sender_id,
    ...model.people.person(message.sender_id, message.sender_username),
  };
  const [block] = personItems(model, person);
  const report = (): void =>
    void (openedDialog.value = {
      kind: 'report',
      about: { message_id: message.id },
      label: person.username,
      person,
    });
  return [
    { label: 'Report…', danger: true, run: report },
    ...(block === undefined ? [] : [{ ...block, label: block.label.replace('…', ` ${person.username}…`) }]),
  ];
};

/** Whether the user has reacted with an emoji. */
const isOwn = (message: Message, emoji: string): boolean =>
  message.reactions.some((one) => one.emoji === emoji && one.me);

/**
 * The row of reactions at the start of a message's menu.
 *
 * @param more opens the picker with all emoji
 */
const quickReactions = (model: ChatModel, message: Message, more: () => void) => [
  ...QUICK_REACTIONS.map(({ emoji, name }) => {
    const isOn = isOwn(message, emoji);
    return {
      mark: emoji,
      label: isOn ? `Take back ${name}` : `React with ${name}`,
      checked: isOn,
      run: () => void model.react(message, emoji, !isOn),
    };
  }),
  { mark: <Plus />, label: 'React with another emoji', run: more },
];

interface RowProps {
  readonly chat: Chat;
  readonly message: Message;
  /** Whether the message continues a group of messages of the same user. */
  readonly goesOn: boolean;
  readonly isRead: boolean;
}

/** A message that the service has accepted. In groups, messages of blocked users are shown on demand. */
export const MessageRow = (props: RowProps) => {
  const model = useModel();
  const { chat, message } = props;
  return model.blocked.hides(message, chat) ? (
    <li class="message theirs" data-seq={message.seq} tabIndex={-1}>
      <BlockedMessage message={message} tabIndex={-1} />
    </li>
  ) : (
    <ShownMessage {...props} />
  );
};

const ShownMessage = (props: RowProps) => {
  const { chat, message, goesOn } = props;
  const model = useModel();
  const mine = message.sender_id === model.user.value?.id;
  const showsSender = !mine && chat.chat_type === 'group';
  const sender = model.people.person(message.sender_id, message.sender_username);
  const mentioned = useMentionedNames(message);
  const mentionsMe = isMentioned(message, model.user.value?.id);
  const row = useRef<HTMLLIElement>(null);
  /** Whether the focus is on or within the message: Tab only stops at controls of this message. */
  const hasFocus = useSignal(false);
  const tabIndex = hasFocus.value ? 0 : -1;
  /**
   * Whether the pointer or the focus has been near the message. Only then are menu actions also rendered as buttons:
   * there may be thousands of messages.
   */
  const wasNear = useSignal(false);
  const isPicking = useSignal(false);
  /** Set while the window is open that shows who reacted; `emoji` is the one that it shows first. */
  const asked = useSignal<{ readonly emoji: string | undefined } | undefined>(undefined);
  const ask = (): void => void (asked.value = { emoji: undefined });
  const canReply = !message.is_deleted;
  const reply = (): void => model.replyTo(message);
  const actions = useActions(chat, message, ask);
  const reactions = quickReactions(model, message, () => (isPicking.value = true));
  const opener = useRef<(at: Point) => void>(undefined);
  const openMenu = (event: Event, at: Point): void => {
    const target = event.target as Element;
    const emoji = target.closest<HTMLElement>('.reaction')?.dataset['emoji'];
    if (emoji !== undefined) {
      event.preventDefault();
      asked.value = { emoji };
      return;
    }
    // A link has a context menu of its own, and so does selected text.
    const onLink = target.closest('a, button, input, dialog, [popover]') !== null;
    if (opener.current === undefined || onLink || getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    opener.current(at);
  };
  const closePicker = (): void => {
    isPicking.value = false;
    row.current?.focus({ preventScroll: true });
  };
  const mayRestore = message.is_deleted && (mine || (chat.chat_type === 'group' && chat.is_admin));
  return (
    <li
      class={`message ${mine ? 'mine' : 'theirs'} ${goesOn ? 'goes-on' : ''} ${mentionsMe ? 'mentions-me' : ''}`}
      ref={row}
      data-seq={message.seq}
      tabIndex={-1}
      onPointerEnter={() => (wasNear.value = true)}
      onFocusIn={() => {
        hasFocus.value = true;
        wasNear.value = true;
      }}
      onFocusOut={({ relatedTarget }) => {
        hasFocus.value = row.current?.contains(relatedTarget as Node | null) === true;
      }}
      onContextMenu={(event) => openMenu(event, { x: event.clientX, y: event.clientY })}
      onKeyDown={(event) => {
        const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
        if (event.key.toLowerCase() !== 'r' || !isPlain || event.target !== row.current || !canReply) return;
        event.preventDefault();
        reply();
      }}
      {...gestures({ press: openMenu, swipe: canReply ? reply : undefined })}
    >
      {showsSender &&
        (goesOn ? (
          <span class="avatar-space" />
        ) : (
          <Avatar id={message.sender_id} name={nameOf(sender)} size="small" url={sender.avatar_url} />
        ))}
      <div
        class={`bubble ${message.is_deleted ? 'deleted' : ''} ${message.attachments.length > 0 ? 'with-files' : ''}`}
      >
        {showsSender && !goesOn ? (
          <p class="sender" style={{ '--hue': String(hueOf(message.sender_id)) }}>
            <Name of={sender} />
          </p>
        ) : (
          <span class="visually-hidden">{mine ? 'You' : labelOf(sender)}: </span>
        )}
        {message.reply_to !== null && <Quote chatId={chat.id} quote={message.reply_to} tabIndex={tabIndex} />}
        <div class="message-body">
          {message.is_deleted ? (
            <p class="text">Message deleted</p>
          ) : (
            <>
              <Attachments message={message} tabIndex={tabIndex} />
              {message.content !== '' && (
                <MessageText text={message.content ?? ''} mentioned={mentioned} tabIndex={tabIndex} />
              )}
            </>
          )}
          <p class="meta">
            {mayRestore && (
              <button
                type="button"
                class="link-button"
                tabIndex={tabIndex}
                onClick={() => void model.restoreMessage(message)}
              >
                Restore
              </button>
            )}
            {message.pinned_at !== null && (
              <span class="state">
                <Pin />
                <span class="visually-hidden">pinned</span>
              </span>
            )}
            {mentionsMe && (
              <span class="mentions-you">
                <span aria-hidden="true">@</span>
                <span class="visually-hidden">mentions you</span>
              </span>
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
        <Reactions message={message} tabIndex={tabIndex} onAsk={ask} />
      </div>
      {!message.is_deleted && (
        <div class="message-tools">
          {wasNear.value && (
            <>
              <Menu
                label="React"
                class="icon-button quick"
                tabIndex={tabIndex}
                items={[]}
                row={reactions}
                owner={row}
              >
                <Smile />
              </Menu>
              <button
                type="button"
                class="icon-button quick"
                aria-label="Reply"
                title="Reply (R)"
                tabIndex={tabIndex}
                onClick={reply}
              >
                <Reply />
              </button>
            </>
          )}
          <Menu
            label="What to do with this message"
            class="icon-button message-menu"
            tabIndex={tabIndex}
            items={actions}
            row={reactions}
            opener={opener}
            owner={row}
          >
            <More />
          </Menu>
        </div>
      )}
      {isPicking.value && (
        <EmojiPicker
          anchor={() => row.current?.querySelector('.bubble')?.getBoundingClientRect()}
          onPick={(emoji) => {
            closePicker();
            void model.react(message, emoji, !isOwn(message, emoji));
          }}
          onClose={closePicker}
        />
      )}
      {asked.value !== undefined && (
        <WhoReacted message={message} emoji={asked.value.emoji} onClose={() => (asked.value = undefined)} />
      )}
    </li>
  );
};

/** The mentions of an unsent message without any. A constant, so that memoized values derived from it stay valid. */
const nobody: number[] = [];

/** An unsent message. */
export const PendingRow = ({ pending }: { readonly pending: PendingMessage }) => {
  const model = useModel();
  const { client } = model;
  const failed = pending.state === 'failed';
  const mentioned = useMentionedNames({
    mentions: pending.mentions ?? nobody,
    mention_all: pending.mention_all === true,
  });
  const { reply_to_id: targetId } = pending;
  const target = targetId === undefined ? undefined : model.timelineOf(pending.chat_id).held(targetId);
  return (
    <li class={`message mine ${failed ? 'failed' : 'sending'}`} tabIndex={-1}>
      <div class="bubble">
        <span class="visually-hidden">You: </span>
        {target !== undefined && <Quote chatId={pending.chat_id} quote={quoteOf(target)} tabIndex={0} />}
        <div class="message-body">
          <PendingFiles pending={pending} />
          {pending.content !== '' && (
            <MessageText text={pending.content} mentioned={mentioned} tabIndex={0} />
          )}
          <p class="meta">
            <time dateTime={pending.created_at}>{timeOfDay(pending.created_at)}</time>
            <span class="state">
              {failed ? <Alert /> : <Clock />}
              <span class="visually-hidden">{failed ? 'not sent' : 'sending'}</span>
            </span>
          </p>
        </div>
      </div>
      {!failed && pending.files !== undefined && (
        <p class="cancel">
          <button type="button" class="link-button" onClick={() => model.takeBack(pending)}>
            Cancel
          </button>
        </p>
      )}
      {failed && (
        <p class="failure" role="alert">
          Not sent: {pending.error?.detail ?? 'the service refused it.'}{' '}
          {pending.error?.code === 'reply_target_not_found' ? (
            <button
              type="button"
              class="link-button"
              onClick={() => void model.sendWithout(pending, 'reply')}
            >
              Send without the reply
            </button>
          ) : (
            <button type="button" class="link-button" onClick={() => client.retry(pending.client_message_id)}>
              Try again
            </button>
          )}{' '}
          <button type="button" class="link-button" onClick={() => model.takeBack(pending)}>
            Discard
          </button>
        </p>
      )}
    </li>
  );
};

import type { ComponentChildren } from 'preact';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import { pathOf } from '../model/router.ts';
import { BlockedMessage } from './blocked-message.tsx';
import { navigateOnClick } from './navigate-on-click.ts';
import { ChatName, Name } from './name.tsx';
import { exactTime, shortTime } from './times.ts';
import { useModel } from './use-model.ts';

/**
 * A message in a list beside its chat. A press shows the message in its chat. Messages of blocked users are shown on
 * demand.
 *
 * @param props.inChat the chat that the list belongs to; a list without one also shows the chat of each message
 * @param props.children the content of the message, as this list shows it
 * @param props.onFollow called when the message is pressed
 */
export const MessageLink = (props: {
  readonly message: Message;
  readonly inChat?: Chat | undefined;
  readonly children: ComponentChildren;
  readonly onFollow?: () => void;
}) => {
  const { message } = props;
  const model = useModel();
  if (model.blocked.hides(message, props.inChat)) return <BlockedMessage message={message} />;
  const chat = props.inChat === undefined ? model.chats.value.get(message.chat_id) : undefined;
  return (
    <a
      class="chat-row"
      href={pathOf({ chatId: message.chat_id })}
      onClick={(event) =>
        navigateOnClick(event, () => {
          props.onFollow?.();
          void model.showMessage(message);
        })
      }
    >
      <span class="chat-row-text">
        <span class="title">
          <Name of={model.people.person(message.sender_id, message.sender_username)} />
          {chat !== undefined && (
            <span class="where">
              {' in '}
              <ChatName of={chat} />
            </span>
          )}
        </span>
        <time dateTime={message.timestamp} title={exactTime(message.timestamp)}>
          {shortTime(message.timestamp)}
        </time>
        <span class="preview found-text">
          <bdi>{props.children}</bdi>
        </span>
      </span>
    </a>
  );
};

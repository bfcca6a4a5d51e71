import type { ComponentChildren } from 'preact';
import type { Message } from '../../../functions/contract/schemas.ts';
import { pathOf } from '../model/router.ts';
import { follow } from './follow.ts';
import { ChatName, Name } from './name.tsx';
import { shortTime } from './times.ts';
import { useModel } from './use-model.ts';

/**
 * A message in a list beside its chat. A press shows it in its place.
 *
 * @param props.isWhereTold whether it says in which chat it is
 * @param props.children what it says, as this list shows it
 * @param props.onFollow when it is pressed
 */
export const MessageLink = (props: {
  readonly message: Message;
  readonly isWhereTold: boolean;
  readonly children: ComponentChildren;
  readonly onFollow?: () => void;
}) => {
  const { message } = props;
  const model = useModel();
  const chat = props.isWhereTold ? model.chats.value.get(message.chat_id) : undefined;
  return (
    <a
      class="chat-row"
      href={pathOf({ chatId: message.chat_id })}
      onClick={(event) =>
        follow(event, () => {
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
        <time dateTime={message.timestamp}>{shortTime(message.timestamp)}</time>
        <span class="preview found-text">
          <bdi>{props.children}</bdi>
        </span>
      </span>
    </a>
  );
};

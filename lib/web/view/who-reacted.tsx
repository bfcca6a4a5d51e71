import { useSignal } from '@preact/signals';
import { nameOf } from '../../client/view/names.ts';
import type { Message } from '../../../functions/contract/schemas.ts';
import type { UserReaction } from '../../../functions/reactions/contract.ts';
import { BLOCKED_PERSON } from '../model/blocked.ts';
import { Avatar } from './avatar.tsx';
import { Dialog } from './dialog.tsx';
import { ListFoot } from './list-foot.tsx';
import { Name } from './name.tsx';
import { exactTime, shortTime } from './times.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

const PAGE = 50;

/**
 * A window that shows who reacted to a message, with any emoji or with one of them.
 *
 * @param props.emoji the emoji that is shown first; undefined means all
 */
export const WhoReacted = (props: {
  readonly message: Message;
  readonly emoji: string | undefined;
  readonly onClose: () => void;
}) => {
  const { message } = props;
  const model = useModel();
  const emoji = useSignal(props.emoji);
  const shown = emoji.value;
  const list = usePages<UserReaction>(
    (page) => model.api.listReactions(message.id, { ...page, ...(shown && { emoji: shown }) }),
    (one) => `${one.user.id} ${one.emoji}`,
    { limit: PAGE, of: [shown], after: [message.rev] },
  );

  const all = message.reactions.reduce((sum, one) => sum + one.count, 0);
  const choices = [
    { emoji: undefined, count: all },
    ...message.reactions.map((one) => ({ emoji: one.emoji, count: one.count })),
  ];
  return (
    <Dialog title="Reactions" onClose={props.onClose}>
      <div class="reaction-choice" role="group" aria-label="Which reactions">
        {choices.map((choice) => (
          <button
            key={choice.emoji ?? 'all'}
            type="button"
            class={`reaction ${shown === choice.emoji ? 'own' : ''}`}
            aria-pressed={shown === choice.emoji}
            onClick={() => (emoji.value = choice.emoji)}
          >
            {choice.emoji ?? 'All'} {choice.count}
          </button>
        ))}
      </div>
      <div class="picker">
        <ul class="people" aria-label="Who reacted">
          {list.items.value?.map((one) => (
            <li key={`${one.user.id} ${one.emoji}`} class="person">
              {model.blocked.has(one.user.id) ? (
                <Avatar id={0} name="" url={null} />
              ) : (
                <Avatar id={one.user.id} name={nameOf(one.user)} url={one.user.avatar_url} />
              )}
              <span class="person-text">
                <span class="title">
                  {model.blocked.has(one.user.id) ? BLOCKED_PERSON : <Name of={one.user} />}
                </span>
                <time class="preview" dateTime={one.created_at} title={exactTime(one.created_at)}>
                  {shortTime(one.created_at)}
                </time>
              </span>
              <span class="reaction-of">{one.emoji}</span>
            </li>
          ))}
        </ul>
        <ListFoot list={list} empty="Nobody reacts any more." />
      </div>
    </Dialog>
  );
};

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { nameOf } from '../../client/view/names.ts';
import type { Message } from '../../../functions/contract/schemas.ts';
import type { UserReaction } from '../../../functions/reactions/contract.ts';
import { BLOCKED_PERSON } from '../model/blocked.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { Avatar } from './avatar.tsx';
import { Dialog } from './dialog.tsx';
import { Name } from './name.tsx';
import { exactTime, shortTime } from './times.ts';
import { useModel } from './use-model.ts';

const PAGE = 50;

/**
 * A window that says who reacted to a message, with all emoji or one of them.
 *
 * @param props.emoji the one that is looked at first; all when it is undefined
 */
export const WhoReacted = (props: {
  readonly message: Message;
  readonly emoji: string | undefined;
  readonly onClose: () => void;
}) => {
  const { message } = props;
  const model = useModel();
  const emoji = useSignal(props.emoji);
  const found = useSignal<readonly UserReaction[] | undefined>(undefined);
  const total = useSignal(0);
  const problem = useSignal('');
  /** Grows with each question: an answer to an earlier one is not shown. */
  const asked = useRef(0);

  const load = async (page: number): Promise<void> => {
    const mine = (asked.current += 1);
    problem.value = '';
    try {
      const answer = await model.api.listReactions(message.id, {
        page,
        limit: PAGE,
        ...(emoji.peek() === undefined ? {} : { emoji: emoji.peek() }),
      });
      if (mine !== asked.current) return;
      const before = page === 1 ? [] : (found.peek() ?? []);
      const isNews = ({ user, emoji: used }: UserReaction): boolean =>
        !before.some((one) => one.user.id === user.id && one.emoji === used);
      found.value = [...before, ...answer.items.filter(isNews)];
      total.value = answer.total;
    } catch (error) {
      if (mine === asked.current) problem.value = sentenceOf(error);
    }
  };
  useEffect(() => void load(1), [emoji.value, message.rev]);

  const count = found.value?.length ?? 0;
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
            class={`reaction ${emoji.value === choice.emoji ? 'own' : ''}`}
            aria-pressed={emoji.value === choice.emoji}
            onClick={() => {
              found.value = undefined;
              emoji.value = choice.emoji;
            }}
          >
            {choice.emoji ?? 'All'} {choice.count}
          </button>
        ))}
      </div>
      <div class="picker">
        <ul class="people" aria-label="Who reacted">
          {(found.value ?? []).map((one) => (
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
        <p class="hint" role="status">
          {problem.value !== ''
            ? problem.value
            : found.value === undefined
              ? 'Loading…'
              : count === 0
                ? 'Nobody reacts any more.'
                : ''}
        </p>
        {count < total.value && (
          <button type="button" class="button wide" onClick={() => void load(Math.floor(count / PAGE) + 1)}>
            Show more
          </button>
        )}
      </div>
    </Dialog>
  );
};

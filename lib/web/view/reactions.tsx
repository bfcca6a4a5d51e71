import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import type { UserReaction } from '../../../functions/reactions/contract.ts';
import { BLOCKED_PERSON } from '../model/blocked.ts';
import { labelOf } from '../model/people.ts';
import { People } from './icons.tsx';
import { useModel } from './use-model.ts';

/** The reactions that are offered without opening the picker. */
export const QUICK_REACTIONS = [
  { emoji: '👍', name: 'thumbs up' },
  { emoji: '❤️', name: 'heart' },
  { emoji: '😂', name: 'tears of joy' },
  { emoji: '🎉', name: 'party' },
  { emoji: '😮', name: 'surprise' },
  { emoji: '😢', name: 'sadness' },
] as const;

/** The maximal number of names in a reaction's label; the window lists all. */
const NAMES = 10;

const Chip = (props: {
  readonly message: Message;
  readonly reaction: Message['reactions'][number];
  readonly tabIndex: number;
}) => {
  const { message, reaction } = props;
  const { emoji, count, me } = reaction;
  const model = useModel();
  /** The names of the users who reacted, and the `rev` of the message for which they were requested. */
  const names = useSignal<{ readonly rev: number; readonly text: string } | undefined>(undefined);
  const isLookedAt = useRef(false);

  const nameOfReacting = ({ user }: UserReaction): string =>
    model.blocked.has(user.id) ? BLOCKED_PERSON : labelOf(user);

  /** Fetches the names when the pointer or the focus is on the reaction, once per `rev` of the message. */
  const look = async (): Promise<void> => {
    isLookedAt.current = true;
    const { rev } = message;
    if (names.peek()?.rev === rev) return;
    names.value = { rev, text: names.peek()?.text ?? '' };
    try {
      const { items, total } = await model.api.listReactions(message.id, { emoji, limit: NAMES });
      if (names.peek()?.rev !== rev) return;
      const others = total > items.length ? [`${total - items.length} more`] : [];
      names.value = { rev, text: [...items.map(nameOfReacting), ...others].join(', ') };
    } catch {
      // The next hover tries again.
      names.value = undefined;
    }
  };
  const lookAway = (): void => void (isLookedAt.current = false);
  useEffect(() => {
    if (isLookedAt.current) void look();
  }, [message.rev]);

  const who = names.value?.text ?? '';
  const label = `${emoji} ${count}${who === '' ? '' : `: ${who}`}`;
  return (
    <button
      type="button"
      class={`reaction ${me ? 'own' : ''}`}
      data-emoji={emoji}
      aria-pressed={me}
      aria-label={label}
      title={who === '' ? label : who}
      tabIndex={props.tabIndex}
      onPointerEnter={() => void look()}
      onPointerLeave={lookAway}
      onFocus={() => void look()}
      onBlur={lookAway}
      onClick={(event) => {
        // Removing the last reaction removes the focused button, so the message gets the focus.
        if (me && count === 1) event.currentTarget.closest<HTMLElement>('.message')?.focus();
        void model.react(message, emoji, !me);
      }}
    >
      <span aria-hidden="true">{emoji}</span> <span aria-hidden="true">{count}</span>
    </button>
  );
};

/**
 * The reactions to a message. A click on a reaction adds or removes the user's own.
 *
 * @param props.tabIndex -1 keeps Tab from stopping at them
 * @param props.onAsk called when the user wants to see who reacted
 */
export const Reactions = (props: {
  readonly message: Message;
  readonly tabIndex: number;
  readonly onAsk: () => void;
}) => {
  const { message, tabIndex } = props;
  if (message.reactions.length === 0) return null;
  return (
    <div class="reactions" role="group" aria-label="Reactions">
      {message.reactions.map((reaction) => (
        <Chip key={reaction.emoji} message={message} reaction={reaction} tabIndex={tabIndex} />
      ))}
      <button
        type="button"
        class="reaction who-reacted"
        aria-label="Who reacted"
        title="Who reacted"
        aria-haspopup="dialog"
        tabIndex={tabIndex}
        onClick={props.onAsk}
      >
        <People />
      </button>
    </div>
  );
};

import { useSignal } from '@preact/signals';
import type { Message } from '../../../functions/contract/schemas.ts';
import { labelOf } from '../model/people.ts';
import { useModel } from './use-model.ts';

/** The reactions that are at hand without a search. */
export const QUICK_REACTIONS = [
  { emoji: '👍', name: 'thumbs up' },
  { emoji: '❤️', name: 'heart' },
  { emoji: '😂', name: 'tears of joy' },
  { emoji: '🎉', name: 'party' },
  { emoji: '😮', name: 'surprise' },
  { emoji: '😢', name: 'sadness' },
] as const;

/** So many names are told; how many there are stands beside them. */
const NAMES = 10;

const Chip = (props: { readonly message: Message; readonly reaction: Message['reactions'][number] }) => {
  const { message, reaction } = props;
  const { emoji, count, me } = reaction;
  const model = useModel();
  /** Who reacted, and with which state of the message they were asked for. */
  const names = useSignal<{ readonly rev: number; readonly text: string } | undefined>(undefined);

  /** Asks who they are when somebody looks at the reaction, once for each state of it. */
  const look = async (): Promise<void> => {
    const { rev } = message;
    if (names.peek()?.rev === rev) return;
    names.value = { rev, text: names.peek()?.text ?? '' };
    try {
      const { items, total } = await model.client.api.listReactions(message.id, { emoji, limit: NAMES });
      const others = total > items.length ? [`${total - items.length} more`] : [];
      names.value = { rev, text: [...items.map(({ user }) => labelOf(user)), ...others].join(', ') };
    } catch {
      // The next look asks again.
      names.value = undefined;
    }
  };
  const who = names.value?.text ?? '';
  const label = `${emoji} ${count}${who === '' ? '' : `: ${who}`}`;
  return (
    <button
      type="button"
      class={`reaction ${me ? 'own' : ''}`}
      aria-pressed={me}
      aria-label={label}
      title={who === '' ? label : who}
      tabIndex={-1}
      onPointerEnter={() => void look()}
      onFocus={() => void look()}
      onClick={() => void model.react(message, emoji, !me)}
    >
      <span aria-hidden="true">{emoji}</span> <span aria-hidden="true">{count}</span>
    </button>
  );
};

/** The reactions to a message. A click on one adds or takes back one's own. */
export const Reactions = ({ message }: { readonly message: Message }) =>
  message.reactions.length === 0 ? null : (
    <div class="reactions" role="group" aria-label="Reactions">
      {message.reactions.map((reaction) => (
        <Chip key={reaction.emoji} message={message} reaction={reaction} />
      ))}
    </div>
  );

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { hasWords } from '../model/words.ts';
import { hasCoarsePointer } from './coarse-pointer.ts';
import { isComposing } from './is-composing.ts';
import { showPopover, type Anchor } from './popover.ts';
import { useStepBack } from './use-step-back.ts';

interface Emoji {
  readonly text: string;
  readonly name: string;
  /** The text that a search matches. */
  readonly words: string;
}

interface Group {
  readonly name: string;
  readonly emoji: readonly Emoji[];
}

/** Loads the emoji when the first picker opens: most visits do not need them. */
const loadGroups = async (): Promise<readonly Group[]> => {
  const { default: groups } = await import('virtual:emoji-groups');
  return groups.map(({ name, lines }) => ({
    name,
    emoji: lines
      .split('\n')
      .map((line) => {
        const [, text = '', emojiName = '', keywords = ''] = /^(\S+) (.*)\|(.*)$/.exec(line) ?? [];
        return { text, name: emojiName, words: `${emojiName} ${keywords}` };
      })
      // Skips emoji that the browser does not know: it has no glyphs for them either.
      .filter(({ text }) => /^\p{RGI_Emoji}$/v.test(text)),
  }));
};

/**
 * A board of emoji with a search by name. Arrow keys move on it, Enter picks, Escape closes.
 *
 * @param props.onPick receives the emoji
 * @param props.onClose called when the user presses Escape or presses outside
 * @param props.anchor the element's box beside which the board is shown, in the top layer
 */
export const EmojiPicker = (props: {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
  readonly anchor: () => Anchor | undefined;
}) => {
  const groups = useSignal<readonly Group[] | undefined>(undefined);
  const failed = useSignal(false);
  const query = useSignal('');
  const board = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);

  useStepBack(true, props.onClose);
  // A layout effect, so that the search field has the focus before the user's next key.
  useLayoutEffect(() => {
    const [element, anchor] = [board.current, props.anchor()];
    const end =
      element === null || anchor === undefined
        ? undefined
        : showPopover(element, () => props.anchor() ?? anchor);
    // A finger picks without typing: the keyboard would cover the board.
    (hasCoarsePointer() ? element : input.current)?.focus();
    return end;
  }, []);
  useEffect(() => {
    loadGroups().then(
      (loaded) => (groups.value = loaded),
      () => (failed.value = true),
    );
    const outside = (event: Event): void => {
      if (board.current?.contains(event.target as Node) !== true) props.onClose();
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);

  const found = (groups.value ?? [])
    .map(({ name, emoji }) => ({ name, emoji: emoji.filter((one) => hasWords(one.words, query.value)) }))
    .filter(({ emoji }) => emoji.length > 0);
  const first = found[0]?.emoji[0];

  /**
   * The emoji in the row above or below that is horizontally nearest. A row ends where the next emoji has another top.
   */
  const inRow = (all: readonly HTMLElement[], at: number, down: boolean): HTMLElement | undefined => {
    const here = all[at]?.getBoundingClientRect();
    if (here === undefined) return undefined;
    const others = down ? all.slice(at + 1) : all.slice(0, at).toReversed();
    const top = others.find((one) => Math.abs(one.getBoundingClientRect().top - here.top) > 4);
    const row = others.filter(
      (one) =>
        top !== undefined && Math.abs(one.getBoundingClientRect().top - top.getBoundingClientRect().top) < 4,
    );
    const distance = (one: HTMLElement): number => Math.abs(one.getBoundingClientRect().left - here.left);
    return row.toSorted((a, b) => distance(a) - distance(b))[0];
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = [...(board.current?.querySelectorAll<HTMLElement>('.emoji-board button') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const inField = document.activeElement === input.current;
    const next: Readonly<Record<string, () => HTMLElement | undefined | null>> = {
      ArrowRight: () => (inField ? null : all[at + 1]),
      ArrowLeft: () => (inField ? null : all[at - 1]),
      ArrowDown: () => (inField ? all[0] : inRow(all, at, true)),
      ArrowUp: () => (inField ? undefined : (inRow(all, at, false) ?? input.current)),
    };
    if (isComposing(event)) return;
    const move = next[event.key];
    event.stopPropagation();
    if (event.key === 'Escape') props.onClose();
    else if (event.key === 'Enter' && inField && first !== undefined) props.onPick(first.text);
    else {
      const element = move?.();
      if (move === undefined || element === null) return;
      element?.focus();
    }
    event.preventDefault();
  };

  return (
    <div
      class="emoji-picker"
      role="dialog"
      aria-label="Emoji"
      ref={board}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      popover="manual"
    >
      <input
        ref={input}
        type="search"
        placeholder="Search emoji"
        aria-label="Search emoji"
        value={query.value}
        onInput={(event) => (query.value = event.currentTarget.value)}
      />
      <div class="emoji-board">
        {found.map(({ name, emoji }) => (
          <section key={name} aria-label={name}>
            <h3 aria-hidden="true">{name}</h3>
            <div class="emoji-row">
              {emoji.map((one) => (
                <button
                  key={one.text}
                  type="button"
                  // Roving tabindex: Tab reaches one emoji, the arrow keys reach the others.
                  tabIndex={one === first ? 0 : -1}
                  aria-label={one.name}
                  title={one.name}
                  onClick={() => props.onPick(one.text)}
                >
                  {one.text}
                </button>
              ))}
            </div>
          </section>
        ))}
        {found.length === 0 && (
          <p class="hint" role="status">
            {failed.value
              ? 'The emoji could not be loaded.'
              : groups.value === undefined
                ? 'Loading…'
                : 'No emoji has this name.'}
          </p>
        )}
      </div>
    </div>
  );
};

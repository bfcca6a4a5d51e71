import type { RefObject } from 'preact';
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { nameOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { EVERYBODY } from '../model/mentions.ts';
import type { Person } from '../model/people.ts';
import { Avatar } from './avatar.tsx';
import { hasWords } from '../model/words.ts';
import { useModel } from './use-model.ts';

/** The maximal number of suggestions; typing another letter narrows them down. */
const OPTIONS_MAX = 30;

/** The text between an `@` and the caret. */
interface Token {
  /** The position of the `@`. */
  readonly from: number;
  readonly query: string;
}

const tokenBefore = (text: string, at: number): Token | undefined => {
  const [, query] = /(?:^|[\s({[“"'«])@([\p{L}\p{N}_.-]{0,40})$/u.exec(text.slice(0, at)) ?? [];
  return query === undefined ? undefined : { from: at - query.length - 1, query };
};

/** A suggestion: a member, or everybody. */
type Option = Person | 'everybody';

const optionsFor = (query: string, members: readonly Person[], isGroup: boolean): Option[] => {
  const isWhole = (one: Person): boolean => one.username.toLowerCase() === query.toLowerCase();
  const matches = members.filter(
    (one) => one.username.toLowerCase().startsWith(query.toLowerCase()) || hasWords(nameOf(one), query),
  );
  const found = [...matches.filter(isWhole), ...matches.filter((one) => !isWhole(one))];
  // A complete user name needs no suggestions.
  if (found.length === 1 && found.every(isWhole)) return [];
  const all =
    isGroup &&
    query.toLowerCase() !== EVERYBODY &&
    ['everybody', 'everyone', 'all'].some((word) => word.startsWith(query.toLowerCase()));
  return [...found.slice(0, OPTIONS_MAX), ...(all ? (['everybody'] as const) : [])];
};

/**
 * Suggests the members of a chat after an `@` is typed into a field. The focus stays in the field: arrow keys select,
 * Enter and Tab accept, Escape closes.
 *
 * @param text the content of the field
 * @param onTake replaces the field's characters from one position to another by a text
 */
export const useMentionPicker = (
  chat: Chat,
  input: RefObject<HTMLTextAreaElement | null>,
  text: ReadonlySignal<string>,
  onTake: (text: string, from: number, to: number) => void,
) => {
  const model = useModel();
  const id = useId();
  const token = useSignal<Token | undefined>(undefined);
  const active = useSignal(0);
  /** The position of the `@` whose list was closed. */
  const closed = useRef<number>(undefined);
  const list = useRef<HTMLUListElement>(null);

  const isGroup = chat.chat_type === 'group';
  const own = model.user.value?.id;
  const members = (model.details.value.get(chat.id)?.participants ?? []).filter((one) => one.id !== own);
  const options = token.value === undefined ? [] : optionsFor(token.value.query, members, isGroup);
  const isOpen = options.length > 0;
  const chosen = Math.min(active.value, options.length - 1);
  const idOf = (index: number): string => `${id}-${index}`;

  const close = (): void => {
    closed.current = token.peek()?.from;
    token.value = undefined;
  };
  /** Looks for an `@` before the caret. */
  const look = (): void => {
    const area = input.current;
    const next =
      area === null || area.selectionStart !== area.selectionEnd
        ? undefined
        : tokenBefore(area.value, area.selectionStart);
    if (next === undefined) closed.current = undefined;
    const isSame = next?.from === token.peek()?.from && next?.query === token.peek()?.query;
    if (isSame || (next !== undefined && next.from === closed.current)) return;
    active.value = 0;
    token.value = next;
  };
  // The text was replaced, because it was sent or an edit was cancelled.
  useEffect(() => {
    if (token.peek() !== undefined) look();
  }, [text.value]);
  useLayoutEffect(() => {
    const { current: shown } = list;
    if (shown === null) return;
    // A long draft in a low window leaves less room above it than the styles allow for the list.
    const room = input.current?.form?.getBoundingClientRect().top ?? 0;
    shown.style.maxBlockSize = `min(280px, 45dvh, ${room - 4}px)`;
    shown.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const take = (option: Option): void => {
    const { from = 0, query = '' } = token.peek() ?? {};
    token.value = undefined;
    onTake(`@${option === 'everybody' ? EVERYBODY : option.username} `, from, from + query.length + 1);
  };

  /** @returns whether the list has handled the key */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const option = options[chosen];
    if (option === undefined || event.shiftKey) return false;
    if (event.key === 'ArrowDown') active.value = (chosen + 1) % options.length;
    else if (event.key === 'ArrowUp') active.value = (chosen - 1 + options.length) % options.length;
    else if (event.key === 'Enter' || event.key === 'Tab') take(option);
    else if (event.key === 'Escape') close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return {
    onKeyDown,
    look,
    close,
    /** Attributes of the field. */
    attributes: {
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      ...(isOpen ? { 'aria-controls': id, 'aria-activedescendant': idOf(chosen) } : {}),
    } as const,
    list: (
      <>
        <span class="visually-hidden" role="status">
          {isOpen && `${options.length} to mention. Arrow keys choose, Enter takes.`}
        </span>
        {isOpen && (
          <ul class="mention-list" role="listbox" aria-label="Whom to mention" id={id} ref={list}>
            {options.map((option, index) => (
              <li
                key={option === 'everybody' ? option : option.id}
                id={idOf(index)}
                role="option"
                class="person"
                aria-selected={index === chosen}
                // Keeps the focus in the field.
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => take(option)}
              >
                {option === 'everybody' ? (
                  <>
                    <Avatar id={chat.id} name={EVERYBODY} group size="small" url={chat.avatar_url} />
                    <span class="title">{EVERYBODY}</span>
                    <span class="preview">all {chat.participant_count} members</span>
                  </>
                ) : (
                  <>
                    <Avatar id={option.id} name={nameOf(option)} size="small" url={option.avatar_url} />
                    <bdi class="title">{nameOf(option)}</bdi>
                    <bdi class="preview">@{option.username}</bdi>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </>
    ),
  };
};

import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { nameOf } from '../../client/view/names.ts';
import type { PublicProfile } from '../../../functions/contract/schemas.ts';
import { sentenceOf } from '../model/sentences.ts';
import { Avatar } from './avatar.tsx';
import { Check, Close } from './icons.tsx';
import { Name } from './name.tsx';
import { useModel } from './use-model.ts';

/**
 * Finds users by name. The chosen ones are listed above the results and can be removed again.
 *
 * @param props.chosen undefined when only one user can be picked
 */
export const PeoplePicker = (props: {
  readonly label: string;
  readonly chosen: readonly PublicProfile[] | undefined;
  readonly without: ReadonlySet<number>;
  readonly onPick: (person: PublicProfile) => void;
}) => {
  const model = useModel();
  const query = useSignal('');
  const found = useSignal<readonly PublicProfile[] | undefined>(undefined);
  const problem = useSignal('');
  const input = useRef<HTMLInputElement>(null);
  const chips = useRef<HTMLUListElement>(null);
  const id = useId();
  const text = query.value.trim();

  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    let over = false;
    problem.value = '';
    if (text.length < 2) {
      found.value = undefined;
      return undefined;
    }
    const search = async (): Promise<void> => {
      try {
        const people = await model.api.searchUsers(text, 20);
        if (!over) found.value = people;
      } catch (error) {
        if (!over) problem.value = sentenceOf(error);
      }
    };
    const timer = setTimeout(() => void search(), 200);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text]);

  const people = (found.value ?? []).filter((person) => !props.without.has(person.id));
  const chosen = props.chosen ?? [];
  const isChosen = (person: PublicProfile): boolean => chosen.some((one) => one.id === person.id);
  // Shows the latest one.
  useEffect(() => chips.current?.scrollTo(0, chips.current.scrollHeight), [chosen.length]);
  const pick = (person: PublicProfile): void => {
    props.onPick(person);
    if (props.chosen === undefined) return;
    query.value = '';
    input.current?.focus();
  };
  return (
    <div class="picker">
      <div class="field">
        <label for={id}>{props.label}</label>
        <input
          id={id}
          ref={input}
          type="search"
          autocomplete="off"
          dir="auto"
          placeholder="Name or username"
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
        />
      </div>
      {props.chosen !== undefined && (
        <ul class="chips" aria-label="Chosen" ref={chips}>
          {chosen.map((person) => (
            <li key={person.id}>
              <button
                type="button"
                class="chip"
                onClick={() => {
                  props.onPick(person);
                  input.current?.focus();
                }}
              >
                <Avatar id={person.id} name={nameOf(person)} size="small" url={person.avatar_url} />
                <span class="visually-hidden">Take </span>
                <Name of={person} />
                <span class="visually-hidden"> out</span>
                <Close />
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="hint" role="status">
        {problem.value !== ''
          ? problem.value
          : text.length < 2
            ? 'Type two letters or more.'
            : found.value === undefined
              ? 'Searching…'
              : people.length === 0
                ? 'Nobody has this name.'
                : ''}
      </p>
      <ul class="people">
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" class="person" aria-pressed={isChosen(person)} onClick={() => pick(person)}>
              <Avatar id={person.id} name={nameOf(person)} online={person.online} url={person.avatar_url} />
              <span class="person-text">
                <span class="title">
                  <bdi>{nameOf(person)}</bdi>
                </span>
                <span class="preview">
                  <bdi>@{person.username}</bdi>
                </span>
              </span>
              {isChosen(person) && <Check />}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
};

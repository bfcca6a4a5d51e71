import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { nameOf } from '../../client/view/names.ts';
import type { PublicProfile } from '../../../functions/contract/schemas.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { Name } from './name.tsx';
import { useModel } from './use-model.ts';

const PAGE = 100;

/** Whom one has blocked, the latest first. */
export const BlockedPeople = () => {
  const model = useModel();
  const people = useSignal<readonly PublicProfile[] | undefined>(undefined);
  const total = useSignal(0);
  const problem = useSignal('');
  const load = async (page: number): Promise<void> => {
    try {
      const answer = await model.api.listBlocks({ page, limit: PAGE });
      people.value = [...(page === 1 ? [] : (people.peek() ?? [])), ...answer.items];
      total.value = answer.total;
      problem.value = '';
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };
  const ids = model.blocked.ids.value;
  useEffect(() => void load(1), [ids]);
  const found = people.value ?? [];
  return (
    <div class="settings">
      <p class="hint" role="status">
        {problem.value !== ''
          ? problem.value
          : people.value === undefined
            ? 'Loading…'
            : found.length === 0
              ? 'You have not blocked anybody. The menu of a person or a message does it.'
              : 'They are not told that you blocked them.'}
      </p>
      <ul class="rows">
        {found.map((person) => (
          <li key={person.id}>
            <Name of={person} />
            <button
              type="button"
              class="link-button"
              aria-label={`Unblock ${nameOf(person)}`}
              onClick={() => void model.block(person.id, false)}
            >
              Unblock
            </button>
          </li>
        ))}
      </ul>
      {found.length > 0 && found.length < total.value && (
        <button type="button" class="button" onClick={() => void load(Math.floor(found.length / PAGE) + 1)}>
          Show more
        </button>
      )}
    </div>
  );
};

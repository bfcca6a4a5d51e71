import { nameOf } from '../../client/view/names.ts';
import type { PublicProfile } from '../../../functions/contract/schemas.ts';
import { ListFoot } from './list-foot.tsx';
import { Name } from './name.tsx';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

/** The users whom the user has blocked, latest block first. */
export const BlockedPeople = () => {
  const model = useModel();
  const rows = useKeptFocus<HTMLUListElement>();
  const list = usePages<PublicProfile>(
    (page) => model.api.listBlocks(page),
    ({ id }) => id,
    { after: [model.blocked.ids.value] },
  );
  return (
    <div class="settings">
      <ul class="rows" ref={rows} tabIndex={-1} aria-label="Blocked people">
        {list.items.value?.map((person) => (
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
      <ListFoot
        list={list}
        empty="You have not blocked anybody. The menu of a person or a message does it."
        note="They are not told that you blocked them."
      />
    </div>
  );
};

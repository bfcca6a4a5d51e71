import { useSignal } from '@preact/signals';
import type { PublicProfile } from '../../../functions/contract/schemas.ts';
import { Dialog } from './dialog.tsx';
import { PeoplePicker } from './people-picker.tsx';
import { useModel } from './use-model.ts';

/** Opens a direct chat, or creates a group. */
export const NewChat = ({ onClose }: { readonly onClose: () => void }) => {
  const model = useModel();
  const isGroup = useSignal(false);
  const name = useSignal('');
  const chosen = useSignal<readonly PublicProfile[]>([]);
  const busy = useSignal(false);
  const own = model.user.value?.id ?? 0;

  const run = async (action: Promise<boolean>): Promise<void> => {
    busy.value = true;
    if (await action) onClose();
    busy.value = false;
  };
  const pick = (person: PublicProfile): void => {
    if (!isGroup.value) void run(model.openDirect(person.id));
    else if (chosen.value.some(({ id }) => id === person.id)) {
      chosen.value = chosen.value.filter(({ id }) => id !== person.id);
    } else chosen.value = [...chosen.value, person];
  };
  const create = (event: Event): void => {
    event.preventDefault();
    const ids = chosen.value.map(({ id }) => id);
    if (name.value.trim() !== '') void run(model.createGroup(name.value.trim(), ids));
  };

  return (
    <Dialog title="New chat" onClose={onClose}>
      <fieldset class="segments">
        <legend class="visually-hidden">Kind of chat</legend>
        {[false, true].map((group) => (
          <label key={String(group)}>
            <input
              type="radio"
              name="kind"
              checked={isGroup.value === group}
              onChange={() => (isGroup.value = group)}
            />
            <span>{group ? 'Group' : 'Direct'}</span>
          </label>
        ))}
      </fieldset>
      {isGroup.value && (
        <form id="new-group" class="field" onSubmit={create}>
          <label for="group-name">Name of the group</label>
          <input
            id="group-name"
            dir="auto"
            maxLength={100}
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </form>
      )}
      <PeoplePicker
        label={isGroup.value ? 'Members' : 'Who would you like to write to?'}
        chosen={isGroup.value ? chosen.value : undefined}
        without={new Set([own])}
        onPick={pick}
      />
      {isGroup.value && (
        <footer>
          <button
            type="submit"
            form="new-group"
            class="button primary"
            disabled={busy.value || name.value.trim() === ''}
          >
            Create group
          </button>
        </footer>
      )}
    </Dialog>
  );
};

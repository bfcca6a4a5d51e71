import type { Person } from '../model/people.ts';
import { labelOf } from '../model/people.ts';
import { Confirm } from './dialog.tsx';
import { useModel } from './use-model.ts';

/** Explains the effects of a block before the user confirms it. */
export const BlockDialog = ({
  person,
  onClose,
}: {
  readonly person: Person;
  readonly onClose: () => void;
}) => {
  const model = useModel();
  return (
    <Confirm
      title={`Block ${labelOf(person)}?`}
      text="Neither of you can write to the other or add the other to a group, and what they write in common groups is hidden from you. They are not told. You can unblock them at any time."
      action="Block"
      onConfirm={() => void model.block(person.id, true)}
      onClose={onClose}
    />
  );
};

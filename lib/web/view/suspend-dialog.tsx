import type { Person } from '../model/people.ts';
import { labelOf } from '../model/people.ts';
import { Dialog } from './dialog.tsx';
import { useForm } from './form.tsx';
import { Note, Span, untilOf } from './suspension-fields.tsx';
import { useSignal } from '@preact/signals';
import { useModel } from './use-model.ts';

const actions = { suspend: 'Suspend the account', lift: 'Lift the suspension' } as const;

/** For moderators: suspends a user or lifts a suspension, without a report. */
export const SuspendDialog = ({
  person,
  onClose,
}: {
  readonly person: Person;
  readonly onClose: () => void;
}) => {
  const model = useModel();
  // Profiles do not show whether a user is suspended, so both actions are offered; both are idempotent.
  const action = useSignal<keyof typeof actions>('suspend');
  const isSuspending = action.value === 'suspend';
  const form = useForm(async ({ text, trimmed }) => {
    if (isSuspending) {
      await model.api.suspend(person.id, { until: untilOf(text('days')), reason: trimmed('note') });
    } else await model.api.liftSuspension(person.id);
    model.moderated.value += 1;
    model.tell(`${labelOf(person)} is ${isSuspending ? 'suspended' : 'not suspended any more'}.`);
    onClose();
  });
  return (
    <Dialog title={`Suspension of ${labelOf(person)}`} onClose={onClose} small>
      <form {...form.attributes} class="fields resolve" aria-label="Suspension">
        <fieldset class="choices">
          <legend class="visually-hidden">What to do</legend>
          {Object.entries(actions).map(([value, label]) => (
            <label key={value}>
              <input
                type="radio"
                name="action"
                checked={action.value === value}
                onChange={() => (action.value = value as keyof typeof actions)}
              />
              {label}
            </label>
          ))}
        </fieldset>
        {isSuspending && (
          <>
            <p class="hint">They lose nothing, but cannot use the service until the suspension ends.</p>
            <Span />
            <Note />
          </>
        )}
        {form.message}
        <footer>
          <button type="submit" class={`button ${isSuspending ? 'danger' : 'primary'}`} disabled={form.busy}>
            {isSuspending ? 'Suspend' : 'Lift'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
};

import { nameOf } from '../../client/view/names.ts';
import type { BanBody } from '../../client/types.ts';
import type { Person } from '../model/people.ts';
import { Dialog } from './dialog.tsx';
import { useForm } from './form.tsx';

const DAY = 24 * 60 * 60;
const terms = [
  { seconds: 0, label: 'For ever' },
  { seconds: 60 * 60, label: 'For an hour' },
  { seconds: DAY, label: 'For a day' },
  { seconds: 7 * DAY, label: 'For a week' },
  { seconds: 30 * DAY, label: 'For 30 days' },
];

/** The service's limit. */
const REASON_CHARACTERS = 500;

/**
 * Bans a user from a group.
 *
 * @param props.ban shows its errors itself. @returns whether it succeeded
 */
export const BanDialog = (props: {
  readonly person: Person;
  readonly ban: (body: BanBody) => Promise<boolean>;
  readonly onClose: () => void;
}) => {
  const { person, onClose } = props;
  const form = useForm(async ({ text, trimmed }) => {
    const seconds = Number(text('seconds'));
    const body = {
      ...(seconds > 0 && { until: new Date(Date.now() + seconds * 1000).toISOString() }),
      ...(trimmed('reason') !== '' && { reason: trimmed('reason') }),
    };
    if (await props.ban(body)) onClose();
  });
  return (
    <Dialog title="Ban from the group" onClose={onClose} small>
      <form {...form.attributes} class="fields" aria-label="Ban">
        <p class="dialog-text">
          <bdi>{nameOf(person)}</bdi> is removed at once. Until the ban ends nobody can add them, and no
          invitation lets them in. What they wrote stays.
        </p>
        <div class="field">
          <label for="ban-seconds">How long</label>
          <select id="ban-seconds" name="seconds">
            {terms.map(({ seconds, label }) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
        </div>
        {form.field(
          'reason',
          'Why (optional)',
          { dir: 'auto', maxLength: REASON_CHARACTERS },
          'Only the other admins see this.',
        )}
        {form.message}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button danger" disabled={form.busy}>
            Ban
          </button>
        </footer>
      </form>
    </Dialog>
  );
};

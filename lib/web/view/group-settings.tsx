import type { Chat } from '../../../functions/contract/schemas.ts';
import { Dialog } from './dialog.tsx';
import { useForm } from './form.tsx';
import { durationText } from './times.ts';
import { useModel } from './use-model.ts';

/** The service's limit. */
const DESCRIPTION_CHARACTERS = 500;

const slowChoices = [0, 5, 10, 30, 60, 300, 900, 3600];

const postingChoices = [
  { posting: 'everyone', label: 'Everyone' },
  { posting: 'admins', label: 'Admins only' },
] as const;

/** The settings of a group that an admin can change: the description, who may write, and slow mode. */
export const GroupSettings = ({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) => {
  const model = useModel();
  const form = useForm(async ({ text, trimmed }) => {
    const wanted = {
      description: trimmed('description') === '' ? null : trimmed('description'),
      posting: text('posting') === 'admins' ? ('admins' as const) : ('everyone' as const),
      slow_seconds: Number(text('slow_seconds')),
    };
    // Unchanged fields are left out: another admin may be changing them.
    const change = {
      ...(wanted.description !== chat.description && { description: wanted.description }),
      ...(wanted.posting !== chat.posting && { posting: wanted.posting }),
      ...(wanted.slow_seconds !== chat.slow_seconds && { slow_seconds: wanted.slow_seconds }),
    };
    if (Object.keys(change).length > 0) model.keepDetail(await model.api.updateChat(chat.id, change));
    onClose();
  });
  const choices = [...new Set([...slowChoices, chat.slow_seconds])].toSorted((one, other) => one - other);
  return (
    <Dialog title="Group settings" onClose={onClose} small>
      <form {...form.attributes} class="fields" aria-label="Group settings">
        {form.field(
          'description',
          'What it is about',
          {
            rows: 4,
            dir: 'auto',
            maxLength: DESCRIPTION_CHARACTERS,
            defaultValue: chat.description ?? '',
          },
          'Every member can read this. People with an invitation see it once they join.',
        )}
        <fieldset>
          <legend>Who may write</legend>
          <div class="segments">
            {postingChoices.map(({ posting, label }) => (
              <label key={posting}>
                <input
                  type="radio"
                  name="posting"
                  value={posting}
                  defaultChecked={chat.posting === posting}
                />
                <span>{label}</span>
              </label>
            ))}
          </div>
          <p class="hint">Everyone can read and react.</p>
        </fieldset>
        <div class="field">
          <label for="slow-seconds">Slow mode</label>
          <select id="slow-seconds" name="slow_seconds">
            {choices.map((seconds) => (
              <option key={seconds} value={seconds} selected={seconds === chat.slow_seconds}>
                {seconds === 0 ? 'Off' : `One message every ${durationText(seconds)}`}
              </option>
            ))}
          </select>
          <p class="hint">Slow mode does not apply to admins.</p>
        </div>
        {form.message}
        <footer>
          <button type="submit" class="button primary" disabled={form.busy}>
            Save
          </button>
        </footer>
      </form>
    </Dialog>
  );
};

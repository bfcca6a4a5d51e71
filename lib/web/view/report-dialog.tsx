import { useSignal } from '@preact/signals';
import type { CreateReportBody } from '../../client/types.ts';
import { openedDialog, type ReportSubject } from '../model/opened-dialog.ts';
import { labelOf } from '../model/people.ts';
import { Dialog } from './dialog.tsx';
import { focusNew, useForm } from './form.tsx';
import { reasons } from './report-words.ts';
import { useModel } from './use-model.ts';

const COMMENT_MAX = 1000;

/** Reports a message, a user or a chat to the moderators. */
export const ReportDialog = ({
  about,
  label,
  person,
  onClose,
}: ReportSubject & { readonly onClose: () => void }) => {
  const model = useModel();
  const answer = useSignal<'open' | 'resolved' | undefined>(undefined);
  const form = useForm(async ({ text, trimmed }) => {
    const reason = text('reason') as CreateReportBody['reason'];
    const { status } = await model.api.report({ ...about, reason, comment: trimmed('comment') || null });
    answer.value = status;
  });
  if (answer.value !== undefined) {
    const canBlock = person !== undefined && !model.blocked.has(person.id);
    return (
      <Dialog title="Thank you" onClose={onClose} small>
        <p class="dialog-text" role="status">
          {answer.value === 'open'
            ? 'The moderators will look at it. Nobody else learns that you reported it.'
            : 'You reported this before, and the moderators have looked at it.'}
        </p>
        <footer>
          {canBlock && (
            <button
              type="button"
              class="button danger"
              onClick={() => (openedDialog.value = { kind: 'block', person })}
            >
              Block {labelOf(person)}…
            </button>
          )}
          <button type="button" class="button primary" ref={focusNew} onClick={onClose}>
            Done
          </button>
        </footer>
      </Dialog>
    );
  }
  const what = about.message_id !== undefined ? 'message of ' : about.chat_id !== undefined ? 'group ' : '';
  return (
    <Dialog title="Report to the moderators" onClose={onClose} small>
      <form {...form.attributes} class="report-form" aria-label="Report">
        <p class="dialog-text">
          You report the {what === '' ? 'account ' : what}
          <bdi>{label}</bdi>. What it says now is kept with the report.
        </p>
        <fieldset class="choices">
          <legend>What is wrong?</legend>
          {Object.entries(reasons).map(([value, text], index) => (
            <label key={value}>
              <input type="radio" name="reason" value={value} defaultChecked={index === 0} />
              {text}
            </label>
          ))}
        </fieldset>
        <label class="field">
          What should the moderators know? (optional)
          <textarea name="comment" rows={3} maxLength={COMMENT_MAX} dir="auto" />
        </label>
        {form.message}
        <footer>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={form.busy}>
            Report
          </button>
        </footer>
      </form>
    </Dialog>
  );
};

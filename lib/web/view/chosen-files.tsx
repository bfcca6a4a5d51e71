import type { Chat } from '../../../functions/contract/schemas.ts';
import { inUnits } from '../model/sizes.ts';
import { Close, Paper } from './icons.tsx';
import { useModel } from './use-model.ts';

/** The chosen files, above the composer's text field. */
export const ChosenFiles = ({ chat, onRemove }: { readonly chat: Chat; readonly onRemove: () => void }) => {
  const model = useModel();
  const chosen = model.files.chosenIn(chat.id);
  if (chosen.length === 0) return null;
  return (
    <ul class="chosen" aria-label="Files to send">
      {chosen.map(({ id, file, preview }) => (
        <li key={id} title={file.name}>
          {preview === undefined ? <Paper /> : <img src={preview} alt="" />}
          <span class="chosen-text">
            <bdi>{file.name}</bdi>
            <span class="size">{inUnits(file.size)}</span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={`Remove ${file.name}`}
            title="Remove"
            onClick={() => {
              model.files.remove(chat.id, id);
              onRemove();
            }}
          >
            <Close />
          </button>
        </li>
      ))}
    </ul>
  );
};

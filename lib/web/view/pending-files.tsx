import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PendingFile, PendingMessage } from '../../client/chat-client.ts';
import { refusedFilesOf } from '../model/refused-files.ts';
import { inUnits } from '../model/sizes.ts';
import { kindOfType } from '../model/summary.ts';
import { Paper } from './icons.tsx';
import { useModel } from './use-model.ts';

/** An object URL for an image that is on this device, while the component is mounted. */
const useLocalUrl = ({ id, type }: PendingFile): string | undefined => {
  const model = useModel();
  const url = useSignal<string | undefined>(undefined);
  useEffect(() => {
    if (kindOfType(type) !== 'image') return undefined;
    let isOver = false;
    const show = async (): Promise<void> => {
      const file = await (await model.files.load()).load(id);
      if (file instanceof Blob && !isOver) url.value = URL.createObjectURL(file);
    };
    show().catch(() => {
      // Without a preview, the name is shown.
    });
    return () => {
      isOver = true;
      if (url.peek() !== undefined) URL.revokeObjectURL(url.peek() ?? '');
    };
  }, [id]);
  return url.value;
};

const Waiting = (props: {
  readonly file: PendingFile;
  readonly isSending: boolean;
  /** Sends the message without this file; undefined when this should not be offered. */
  readonly sendWithout: (() => void) | undefined;
}) => {
  const { file, isSending, sendWithout } = props;
  const model = useModel();
  const preview = useLocalUrl(file);
  const { sent, total } = model.files.progress.value.get(file.id) ?? { sent: 0, total: file.size };
  return (
    <li>
      {preview === undefined ? <Paper /> : <img src={preview} alt="" />}
      <span class="chosen-text">
        <bdi>{file.name}</bdi>
        {isSending ? (
          <progress max={Math.max(total, 1)} value={sent} aria-label={`Upload of ${file.name}`} />
        ) : (
          <span class="size">{inUnits(file.size)}</span>
        )}
        {sendWithout !== undefined && (
          <button type="button" class="link-button" onClick={sendWithout}>
            Send without it<span class="visually-hidden"> ({file.name})</span>
          </button>
        )}
      </span>
    </li>
  );
};

/** The files of an unsent message, with the progress of their uploads. */
export const PendingFiles = ({ pending }: { readonly pending: PendingMessage }) => {
  const model = useModel();
  if (pending.files === undefined) return null;
  const refused = refusedFilesOf(pending);
  return (
    <ul class="chosen" aria-label="Files">
      {pending.files.map((file) => (
        <Waiting
          key={file.id}
          file={file}
          isSending={pending.state === 'sending'}
          sendWithout={
            refused.has(file.id) ? () => void model.sendWithout(pending, { fileId: file.id }) : undefined
          }
        />
      ))}
    </ul>
  );
};

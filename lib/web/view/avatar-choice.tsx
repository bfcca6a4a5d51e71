import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { onDemand } from './on-demand.tsx';
import { useKeptFocus } from './use-kept-focus.ts';

const AvatarEditor = onDemand(async () => (await import('./avatar-editor.tsx')).AvatarEditor);

/**
 * Buttons to choose and to remove the avatar of a user or a group.
 *
 * @param props.has whether there is an avatar
 * @param props.save receives the id of the uploaded file
 */
export const AvatarChoice = (props: {
  readonly title: string;
  readonly has: boolean;
  readonly save: (attachmentId: string) => Promise<void>;
  readonly remove: () => Promise<unknown>;
}) => {
  const buttons = useKeptFocus<HTMLDivElement>();
  const input = useRef<HTMLInputElement>(null);
  const file = useSignal<File | undefined>(undefined);
  return (
    <div class="avatar-choice" ref={buttons} tabIndex={-1}>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label={props.title}
        onChange={({ currentTarget }) => {
          file.value = currentTarget.files?.[0];
          currentTarget.value = '';
        }}
      />
      <button type="button" class="link-button" onClick={() => input.current?.click()}>
        {props.has ? 'Change the picture' : 'Choose a picture'}
      </button>
      {props.has && (
        <button type="button" class="link-button" onClick={() => void props.remove()}>
          Remove the picture
        </button>
      )}
      {file.value !== undefined && (
        <AvatarEditor
          title={props.title}
          file={file.value}
          save={props.save}
          onClose={() => (file.value = undefined)}
        />
      )}
    </div>
  );
};

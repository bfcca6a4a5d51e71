import { useState } from 'preact/hooks';
import { useModel } from './use-model.ts';

/** Copies a text to the clipboard, and confirms it. */
export const CopyButton = (props: { readonly text: string; readonly label: string }) => {
  const model = useModel();
  const [copied, setCopied] = useState<string>();
  const copy = async (): Promise<void> => {
    try {
      // Insecure origins have no clipboard API.
      if (!('clipboard' in navigator)) throw new Error('There is no clipboard');
      await navigator.clipboard.writeText(props.text);
      setCopied(props.text);
    } catch {
      model.tell('It could not be copied. Select it, and copy it by hand.');
    }
  };
  const isCopied = copied === props.text;
  return (
    <>
      <button type="button" class="button" onClick={() => void copy()}>
        {isCopied ? 'Copied' : props.label}
      </button>
      <span class="visually-hidden" role="status">
        {isCopied && 'Copied'}
      </span>
    </>
  );
};

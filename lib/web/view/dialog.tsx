import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Close } from './icons.tsx';

/** A window above the page, which keeps the focus inside and gives it back. */
export const Dialog = (props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly small?: boolean;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.small === true ? 'small' : ''}
      aria-labelledby={title}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === dialog.current) props.onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={title}>{props.title}</h2>
          <button type="button" class="icon-button" aria-label="Close" title="Close" onClick={props.onClose}>
            <Close />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
};

/** Asks before something that cannot be taken back. */
export const Confirm = (props: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) => (
  <Dialog title={props.title} onClose={props.onClose} small>
    <p class="dialog-text">{props.text}</p>
    <footer>
      <button type="button" class="button" onClick={props.onClose}>
        Cancel
      </button>
      <button
        type="button"
        class="button danger"
        onClick={() => {
          props.onClose();
          props.onConfirm();
        }}
      >
        {props.action}
      </button>
    </footer>
  </Dialog>
);

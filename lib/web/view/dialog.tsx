import { useSignal, type Signal } from '@preact/signals';
import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Close } from './icons.tsx';
import { useStepBack } from './use-step-back.ts';

/** Whether the dialog around a component must stay open. */
const KeptOpen = createContext<Signal<boolean> | undefined>(undefined);

/**
 * Keeps the dialog around a component open while the component is mounted: it has no close button, and neither Escape
 * nor the backdrop closes it.
 */
export const usePreventClose = (): void => {
  const isKept = useContext(KeptOpen);
  useLayoutEffect(() => {
    if (isKept === undefined) return undefined;
    isKept.value = true;
    return () => void (isKept.value = false);
  }, []);
};

/** A modal dialog, which keeps the focus inside and gives it back when it closes. */
export const Dialog = (props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly small?: boolean;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const isKept = useSignal(false);
  /**
   * Whether the pointer went down on the backdrop. A selection of text that ends on the backdrop must not close the
   * dialog.
   */
  const beganOutside = useRef(false);
  /** The fields whose input would be lost. */
  const changed = useRef(new Set<HTMLInputElement>());
  const onChange = ({ target }: Event): void => {
    const field = target as HTMLInputElement;
    // A switch and a chosen file take effect at once. Dialogs above this one keep count themselves.
    if (field.matches('[role=switch], [type=file]') || field.closest('dialog') !== dialog.current) return;
    changed.current.add(field);
  };
  const hasChanges = (): boolean => [...changed.current].some((field) => field.isConnected);
  useStepBack(true, () => {
    if (isKept.peek()) return false;
    props.onClose();
  });
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
      closedby={isKept.value ? 'none' : 'closerequest'}
      onClose={() => {
        // A browser that does not support `closedby` has closed the dialog on Escape.
        if (isKept.peek()) dialog.current?.showModal();
        else props.onClose();
      }}
      onPointerDown={(event) => (beganOutside.current = event.target === dialog.current)}
      onClick={(event) => {
        const isOutside = event.target === dialog.current && beganOutside.current;
        if (isOutside && !isKept.peek() && !hasChanges()) props.onClose();
      }}
      onInput={onChange}
      onChange={onChange}
      onReset={({ target }) => {
        for (const field of changed.current) if (field.form === target) changed.current.delete(field);
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={title}>{props.title}</h2>
          {!isKept.value && (
            <button
              type="button"
              class="icon-button"
              aria-label="Close"
              title="Close"
              onClick={props.onClose}
            >
              <Close />
            </button>
          )}
        </header>
        <KeptOpen.Provider value={isKept}>{props.children}</KeptOpen.Provider>
      </div>
    </dialog>
  );
};

/** Asks for confirmation before an action that cannot be undone. */
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

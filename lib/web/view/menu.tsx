import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { showPopover, type Point } from './popover.ts';
import { useStepBack } from './use-step-back.ts';

export interface MenuItem {
  readonly label: string;
  readonly danger?: boolean;
  readonly checked?: boolean;
  readonly run: () => void;
}

/**
 * A button that opens a list of actions, optionally with a row of choices before them. Arrow keys move in the list;
 * Escape closes it and gives the focus back.
 */
export const Menu = (props: {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** Choices in a row before the actions: shown by `mark`, with `label` as the accessible name. */
  readonly row?: readonly (MenuItem & { readonly mark: ComponentChildren })[];
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly tabIndex?: number;
  /** The element that gets the focus instead of the button when the list closes. */
  readonly owner?: { readonly current: HTMLElement | null };
  /** Receives a function that opens the list at a point, for a long press or a click beside the button. */
  readonly opener?: { current: ((at: Point) => void) | undefined };
}) => {
  const [open, setOpen] = useState(false);
  const point = useRef<Point>(undefined);
  if (props.opener !== undefined) {
    props.opener.current = (at) => {
      point.current = at;
      setOpen(true);
    };
  }
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const close = (refocus: boolean): void => {
    setOpen(false);
    if (refocus) (props.owner?.current ?? button.current)?.focus({ preventScroll: true });
  };

  useStepBack(open, () => close(true));
  useLayoutEffect(() => {
    const { current: anchor } = button;
    if (!open || list.current === null || anchor === null) return undefined;
    const { current: at } = point;
    const end = showPopover(list.current, (width) =>
      at === undefined ? anchor.getBoundingClientRect() : { top: at.y, bottom: at.y, right: at.x + width },
    );
    list.current.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
    return end;
  }, [open]);

  // The list closes on `wheel` instead of `scroll`: the messages also scroll by themselves when one arrives.
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event): void => {
      const node = event.target as Node;
      if (list.current?.contains(node) !== true && button.current?.contains(node) !== true) close(true);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('wheel', outside, { passive: true });
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('wheel', outside);
    };
  }, [open]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const to: Readonly<Record<string, number>> = {
      ArrowDown: (index + 1) % items.length,
      ArrowUp: (index - 1 + items.length) % items.length,
      ...(index < (props.row?.length ?? 0) && {
        ArrowRight: (index + 1) % items.length,
        ArrowLeft: (index - 1 + items.length) % items.length,
      }),
      Home: 0,
      End: items.length - 1,
    };
    const next = to[event.key];
    if (next !== undefined) items[next]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
  };

  return (
    <span class="menu-anchor">
      <button
        ref={button}
        type="button"
        class={props.class ?? 'icon-button'}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="menu"
        aria-expanded={open}
        tabIndex={props.tabIndex ?? 0}
        onClick={() => {
          point.current = undefined;
          setOpen(!open);
        }}
      >
        {props.children}
      </button>
      {open && (
        <div
          class="menu"
          popover="manual"
          role="menu"
          aria-label={props.label}
          ref={list}
          onKeyDown={onKeyDown}
        >
          {props.row !== undefined && (
            <div class="menu-row" role="group">
              {props.row.map((item) => (
                <button
                  key={item.label}
                  type="button"
                  tabIndex={-1}
                  role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
                  {...(item.checked === undefined ? {} : { 'aria-checked': item.checked })}
                  aria-label={item.label}
                  title={item.label}
                  onClick={() => {
                    close(true);
                    item.run();
                  }}
                >
                  {item.mark}
                </button>
              ))}
            </div>
          )}
          {props.items.map((item) => (
            <button
              key={item.label}
              type="button"
              tabIndex={-1}
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              {...(item.checked === undefined ? {} : { 'aria-checked': item.checked })}
              class={item.danger === true ? 'danger' : ''}
              onClick={() => {
                close(true);
                item.run();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </span>
  );
};

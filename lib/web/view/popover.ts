/** A point on the screen, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The box that a popover belongs to: its upper and lower edge, and the right edge, with which the popover is aligned.
 */
export type Anchor = Pick<DOMRect, 'top' | 'bottom' | 'right'>;

/**
 * Shows an element in the top layer, so that no scroll container clips it: below its anchor, or above where there is no
 * room. It stays within the window when the window is resized.
 *
 * @param anchor receives the element's width
 * @returns a function that stops following the size of the window, to be called when the element is closed
 */
export const showPopover = (element: HTMLElement, anchor: (width: number) => Anchor): (() => void) => {
  const place = (): void => {
    const { offsetWidth: width, offsetHeight: height } = element;
    const { top: above, bottom: below, right } = anchor(width);
    const top = below + height + 8 > innerHeight ? above - height - 4 : below + 4;
    const left = Math.min(Math.max(8, right - width), innerWidth - width - 8);
    element.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
    element.style.left = `${left}px`;
  };
  element.showPopover();
  place();
  addEventListener('resize', place);
  return () => removeEventListener('resize', place);
};

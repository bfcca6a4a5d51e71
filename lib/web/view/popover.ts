/** Where on the screen, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a popover belongs to: its upper and lower edge, and the edge at which the popover ends. */
export type Anchor = Pick<DOMRect, 'top' | 'bottom' | 'right'>;

/**
 * Shows an element on top of everything, so that no scroller cuts it off: below its anchor, or above where there is no
 * room. It stays in the window when that changes its size.
 *
 * @param anchor gets the element's width
 * @returns ends it, once the element is not shown any more
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

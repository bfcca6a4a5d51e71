import type { Point } from './popover.ts';

/** The time that operating systems use for a long press, in milliseconds. */
const LONG_MS = 500;
/** A finger that moves further than this scrolls or swipes. */
const MOVED_PX = 10;
/** The distance from which a swipe has an effect. */
const SWIPED_PX = 56;
const SWIPE_MAX_PX = 80;

let timer: ReturnType<typeof setTimeout> | undefined;
let begun: Point = { x: 0, y: 0 };
/** Whether the current touch has become a long press: the click that follows it must be suppressed. */
let isLong = false;
let isSwipe = false;
let swiped = 0;

const end = (element: HTMLElement): void => {
  clearTimeout(timer);
  isLong = false;
  if (!isSwipe) return;
  isSwipe = false;
  swiped = 0;
  element.style.translate = '';
  element.classList.remove('swiped');
};

type Touched = TouchEvent & { readonly currentTarget: HTMLElement };

/**
 * Touch handlers for a long press with one finger, and for a swipe to the right, during which the element moves along.
 * Browsers on Android report a long press by `contextmenu`, those on iOS do not report it at all.
 *
 * @param actions.swipe undefined when swiping has no effect
 */
export const gestures = (actions: {
  readonly press: (event: TouchEvent, at: Point) => void;
  readonly swipe: (() => void) | undefined;
}) => ({
  onTouchStart: (event: Touched): void => {
    end(event.currentTarget);
    const [touch, ...others] = event.touches;
    if (touch === undefined || others.length > 0) return;
    begun = { x: touch.clientX, y: touch.clientY };
    timer = setTimeout(() => {
      isLong = true;
      actions.press(event, begun);
    }, LONG_MS);
  },
  onTouchMove: ({ touches: [touch], currentTarget: element }: Touched): void => {
    const right = (touch?.clientX ?? 0) - begun.x;
    const down = (touch?.clientY ?? 0) - begun.y;
    if (Math.hypot(right, down) > MOVED_PX) clearTimeout(timer);
    if (actions.swipe === undefined || isLong) return;
    isSwipe ||= right > MOVED_PX && right > 2 * Math.abs(down);
    if (!isSwipe) return;
    swiped = Math.min(Math.max(0, right - MOVED_PX), SWIPE_MAX_PX);
    element.style.translate = `${swiped}px`;
    element.classList.toggle('swiped', swiped >= SWIPED_PX);
  },
  onTouchEnd: (event: Touched): void => {
    const isDone = isSwipe && swiped >= SWIPED_PX;
    if (isLong || isSwipe) event.preventDefault();
    end(event.currentTarget);
    if (isDone) actions.swipe?.();
  },
  onTouchCancel: ({ currentTarget }: Touched): void => end(currentTarget),
});

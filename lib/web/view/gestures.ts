import type { Point } from './popover.ts';

/** As long as systems wait themselves. */
const LONG_MS = 500;
/** A finger that moves further scrolls or swipes. */
const MOVED_PX = 10;
/** A swipe that ends beyond this does what it is for. */
const SWIPED_PX = 56;
const SWIPE_MAX_PX = 80;

let timer: ReturnType<typeof setTimeout> | undefined;
let begun: Point = { x: 0, y: 0 };
/** Whether the press has lasted: what follows it is no click. */
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
 * Handlers for an element that is pressed for long by one finger, or swiped to the right, which moves it along. Browsers
 * on Android say by `contextmenu` that something is pressed for long, those on iOS not at all.
 *
 * @param actions.swipe undefined where a swipe is for nothing
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

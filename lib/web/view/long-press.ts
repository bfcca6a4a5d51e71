import type { Point } from './popover.ts';

/** As long as systems wait themselves. */
const LONG_MS = 500;
/** A finger that moves further scrolls. */
const MOVED_PX = 10;

let timer: ReturnType<typeof setTimeout> | undefined;
let begun: Point = { x: 0, y: 0 };

/** Whether the press has lasted: what follows it is no click. */
let isLong = false;

const end = (): void => {
  clearTimeout(timer);
  isLong = false;
};

/**
 * Handlers for an element that is pressed for long by one finger. Browsers on Android say so by `contextmenu`, those on
 * iOS not at all.
 */
export const pressedLong = (run: (event: TouchEvent, at: Point) => void) => ({
  onTouchStart: (event: TouchEvent): void => {
    end();
    const [touch, ...others] = event.touches;
    if (touch === undefined || others.length > 0) return;
    begun = { x: touch.clientX, y: touch.clientY };
    timer = setTimeout(() => {
      isLong = true;
      run(event, begun);
    }, LONG_MS);
  },
  onTouchMove: ({ touches: [touch] }: TouchEvent): void => {
    const distance = Math.hypot((touch?.clientX ?? 0) - begun.x, (touch?.clientY ?? 0) - begun.y);
    if (distance > MOVED_PX) end();
  },
  onTouchEnd: (event: TouchEvent): void => {
    if (isLong) event.preventDefault();
    end();
  },
  onTouchCancel: end,
});

import { signal } from '@preact/signals';

/** In the reader's time zone, in milliseconds since 1970. */
export const startOfDay = (day: Date): number =>
  new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();

let timer: ReturnType<typeof setTimeout> | undefined;

/** Updates the day, and does so again at the next midnight. A device that sleeps then has late timers. */
const update = (): void => {
  const now = new Date();
  day.value = startOfDay(now);
  clearTimeout(timer);
  timer = setTimeout(
    update,
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime(),
  );
};

const page = (): EventTarget | undefined => (globalThis as { readonly document?: EventTarget }).document;

/** The day that components last rendered for. */
const day = signal(startOfDay(new Date()), {
  watched: () => {
    update();
    page()?.addEventListener('visibilitychange', update);
  },
  unwatched: () => {
    clearTimeout(timer);
    page()?.removeEventListener('visibilitychange', update);
  },
});

/**
 * The start of the current day in the reader's time zone, in milliseconds since 1970. A component that calls this
 * renders again after midnight.
 */
export const startOfToday = (): number => Math.max(day.value, startOfDay(new Date()));

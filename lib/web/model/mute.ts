import { signal } from '@preact/signals';
import type { Chat } from '../../../functions/contract/schemas.ts';

/** The latest time that the service accepts, used for "for ever". */
const FOREVER = '9999-12-31T23:59:59.000Z';
/** The hour at which "until tomorrow" ends. */
const MORNING = 8;
const HOUR_MS = 60 * 60 * 1000;
/** The longest delay that a browser's timer supports. */
const TIMER_MAX_MS = 2 ** 31 - 1;

const tomorrow = (now: Date): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, MORNING);

/** The durations for which a chat can be muted. */
export const muteChoices: readonly { readonly label: string; readonly until: (now: Date) => string }[] = [
  { label: 'for 1 hour', until: (now) => new Date(now.getTime() + HOUR_MS).toISOString() },
  { label: 'for 8 hours', until: (now) => new Date(now.getTime() + 8 * HOUR_MS).toISOString() },
  { label: 'until tomorrow', until: (now) => tomorrow(now).toISOString() },
  { label: 'for ever', until: () => FOREVER },
];

export const isForever = (until: string): boolean => until >= '9999';

/** Incremented when the mute of a chat that was read by `isMuted` ends. */
const ended = signal(0);
let timer: ReturnType<typeof setTimeout> | undefined;
let due = Infinity;

const lookAt = (end: number): void => {
  if (end >= due) return;
  clearTimeout(timer);
  due = end;
  timer = setTimeout(
    () => {
      due = Infinity;
      ended.value += 1;
    },
    Math.min(end - Date.now() + 50, TIMER_MAX_MS),
  );
};

/** Whether a chat is muted now. A view or an effect that calls this runs again when the mute ends. */
export const isMuted = ({ notifications: { muted_until: until } }: Pick<Chat, 'notifications'>): boolean => {
  if (until === null) return false;
  const end = Date.parse(until);
  if (end <= Date.now()) return false;
  void ended.value;
  lookAt(end);
  return true;
};

import { startOfDay, startOfToday } from '../model/today.ts';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dateOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const fullDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const withYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 24 * 60 * 60 * 1000;

const daysAgo = (then: Date): number => Math.round((startOfToday() - startOfDay(then)) / DAY_MS);

const isThisYear = (then: Date): boolean => then.getFullYear() === new Date(startOfToday()).getFullYear();

/** Such as 09:26. */
export const timeOfDay = (timestamp: string): string => time.format(new Date(timestamp));

export const exactTime = (timestamp: string): string => exact.format(new Date(timestamp));

/** A short time for a list: the time of day if today, then the weekday, then the date, of earlier years with the year. */
export const shortTime = (timestamp: string): string => {
  const then = new Date(timestamp);
  const days = daysAgo(then);
  if (days <= 0) return time.format(then);
  if (days < 7) return weekday.format(then);
  return (isThisYear(then) ? date : dateOfYear).format(then);
};

/** The name of a day, for the line between the messages of two days. */
export const dayName = (timestamp: string): string => {
  const then = new Date(timestamp);
  const days = daysAgo(then);
  if (days < 2 && days >= 0) {
    const name = relative.format(-days, 'day');
    return name.charAt(0).toUpperCase() + name.slice(1);
  }
  return (isThisYear(then) ? fullDate : withYear).format(then);
};

/** Whether two times are on different days in the reader's time zone. */
export const isOtherDay = (one: string, other: string): boolean =>
  new Date(one).toDateString() !== new Date(other).toDateString();

/** Such as "5 minutes ago". */
export const timeAgo = (timestamp: string): string => {
  const minutes = Math.round((Date.now() - Date.parse(timestamp)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return relative.format(-minutes, 'minute');
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), 'hour');
  return relative.format(-Math.round(minutes / 60 / 24), 'day');
};

/** Such as "in 5 minutes", for a time in the future. */
export const timeUntil = (timestamp: string): string => {
  const minutes = Math.max(1, Math.round((Date.parse(timestamp) - Date.now()) / 60_000));
  if (minutes < 60) return relative.format(minutes, 'minute');
  if (minutes < 48 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / 60 / 24), 'day');
};

const seconds = { hour: 3600, minute: 60, second: 1 } as const;

const inUnits = (count: number, unit: keyof typeof seconds): string =>
  new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' }).format(count);

/** Such as "30 seconds" or "5 minutes": in the largest unit that expresses the duration exactly. */
export const durationText = (duration: number): string => {
  const unit = (['hour', 'minute'] as const).find((one) => duration % seconds[one] === 0) ?? 'second';
  return inUnits(duration / seconds[unit], unit);
};

/** The rest of a wait: in minutes, and in seconds when less than two minutes are left. */
export const waitText = (left: number): string =>
  left < 2 * seconds.minute ? inUnits(left, 'second') : inUnits(Math.ceil(left / seconds.minute), 'minute');

import type { CountLimit } from './store.ts';

/** At most `max` attempts within an hour that begins with the first attempt. */
export const perHour = (max: number): CountLimit => ({ max, windowSeconds: 60 * 60, backsOff: false });

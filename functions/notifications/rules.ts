import type { ChatNotifications } from '../contract/schemas.ts';
import type { NotificationSettings } from './contract.ts';

/** The settings of a user who has not chosen any. */
export const DEFAULT_SETTINGS: NotificationSettings = { preview: true, quiet: null };

/** How long a push service keeps a push for an offline device, in seconds. Messages older than this get no push. */
export const PUSH_SECONDS = 24 * 60 * 60;

/** Whether this is an IANA time zone that the runtime supports. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const formatters = new Map<string, Intl.DateTimeFormat>();
/** Bounds the cache: time zones and their spellings are a few thousand at most. */
const FORMATTERS_MAX = 500;

/** The time of day in a time zone, as `HH:MM`. */
const timeOfDay = (at: Date, timeZone: string): string => {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    if (formatters.size >= FORMATTERS_MAX) formatters.clear();
    formatters.set(timeZone, formatter);
  }
  return formatter.format(at);
};

/**
 * Whether `at` is within the quiet hours: from `from` until `to`, which is on the next day when it is earlier. Equal
 * times mean the whole day.
 */
export const isInQuietHours = (quiet: NotificationSettings['quiet'], at: Date): boolean => {
  if (quiet === null) return false;
  const now = timeOfDay(at, quiet.time_zone);
  const { from, to } = quiet;
  return from < to ? from <= now && now < to : from <= now || now < to;
};

/** The properties of a message that decide who is notified. */
export interface Notable {
  readonly seq: number;
  readonly senderId: number;
  readonly sentAt: Date;
  readonly mentions: readonly number[];
  readonly mentionsAll: boolean;
}

/** The properties of a participant that decide whether they are notified. */
export interface Recipient {
  readonly userId: number;
  readonly lastReadSeq: number;
  readonly level: ChatNotifications['level'];
  readonly mutedUntil: Date | null;
  readonly quiet: NotificationSettings['quiet'];
  /** Whether the participant has blocked the message's sender. */
  readonly hasBlockedSender: boolean;
  /** Whether a live connection of the participant carries the chat. */
  readonly isConnected: boolean;
}

/** Whether a message mentions the user. */
export const isMentioned = (
  { mentions, mentionsAll }: Pick<Notable, 'mentions' | 'mentionsAll'>,
  userId: number,
): boolean => mentionsAll || mentions.includes(userId);

/**
 * Decides whether a participant is notified of a message: `push` now, `hold` until they have had time to read it on a
 * connected device, or `skip` for good. With the level `mentions`, only mentions notify.
 *
 * @param holdMs how long a message waits for a participant who is connected, in milliseconds
 */
export const decideNotification = (
  message: Notable,
  recipient: Recipient,
  now: Date,
  holdMs: number,
): 'push' | 'hold' | 'skip' => {
  const { userId, level, mutedUntil } = recipient;
  const isWanted = level === 'all' || (level === 'mentions' && isMentioned(message, userId));
  if (message.senderId === userId || recipient.lastReadSeq >= message.seq || !isWanted) return 'skip';
  if (recipient.hasBlockedSender || (mutedUntil !== null && mutedUntil > now)) return 'skip';
  if (isInQuietHours(recipient.quiet, now)) return 'skip';
  const age = now.getTime() - message.sentAt.getTime();
  return recipient.isConnected && age < holdMs ? 'hold' : 'push';
};

import type { ChatNotifications } from '../contract/schemas.ts';
import type { NotificationSettings } from './contract.ts';

/** What holds for whoever has said nothing. */
export const DEFAULT_SETTINGS: NotificationSettings = { preview: true, quiet: null };

/** A push service keeps a push for so long for a device that is off, and a message that is older is pushed no more. */
export const PUSH_SECONDS = 24 * 60 * 60;

/** Whether this is the IANA name of a time zone that the runtime knows. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const formatters = new Map<string, Intl.DateTimeFormat>();
/** Names of time zones, and their spellings, are a few thousand at most. */
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

/** Whether it is quiet: from `from`, up to `to`, on the next day when that is earlier. Equal times are the whole day. */
export const isQuiet = (quiet: NotificationSettings['quiet'], at: Date): boolean => {
  if (quiet === null) return false;
  const now = timeOfDay(at, quiet.time_zone);
  const { from, to } = quiet;
  return from < to ? from <= now && now < to : from <= now || now < to;
};

/** A message, as it matters for who is notified of it. */
export interface Notable {
  readonly seq: number;
  readonly senderId: number;
  readonly sentAt: Date;
  readonly mentions: readonly number[];
  readonly mentionsAll: boolean;
}

/** Somebody in the message's chat, as it matters for that. */
export interface Recipient {
  readonly userId: number;
  readonly lastReadSeq: number;
  readonly level: ChatNotifications['level'];
  readonly mutedUntil: Date | null;
  readonly quiet: NotificationSettings['quiet'];
  /** Whether they have blocked the message's sender. */
  readonly hasBlockedSender: boolean;
  /** Whether a live connection of theirs carries the chat. */
  readonly isConnected: boolean;
}

/** Whether a message mentions somebody. */
export const isMentioned = (
  { mentions, mentionsAll }: Pick<Notable, 'mentions' | 'mentionsAll'>,
  userId: number,
): boolean => mentionsAll || mentions.includes(userId);

/**
 * Whether somebody is notified of a message: `push` now, `hold` until it has been in front of them for long enough to be
 * read, or `skip` for good. Mentions pass the level `mentions`, and nothing else.
 *
 * @param holdMs how long a message waits for somebody who is connected
 */
export const decideOn = (
  message: Notable,
  recipient: Recipient,
  now: Date,
  holdMs: number,
): 'push' | 'hold' | 'skip' => {
  const { userId, level, mutedUntil } = recipient;
  const isWanted = level === 'all' || (level === 'mentions' && isMentioned(message, userId));
  if (message.senderId === userId || recipient.lastReadSeq >= message.seq || !isWanted) return 'skip';
  if (recipient.hasBlockedSender || (mutedUntil !== null && mutedUntil > now)) return 'skip';
  if (isQuiet(recipient.quiet, now)) return 'skip';
  const age = now.getTime() - message.sentAt.getTime();
  return recipient.isConnected && age < holdMs ? 'hold' : 'push';
};

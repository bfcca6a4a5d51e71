import { isMentioned } from '../../client/quotes.ts';
import type { NotificationSettings } from '../../client/types.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';

const timeOfDay = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);

const isInQuietHours = (quiet: NotificationSettings['quiet'], at: Date): boolean => {
  if (quiet === null) return false;
  const now = timeOfDay(at, quiet.time_zone);
  const { from, to } = quiet;
  return from < to ? from <= now && now < to : from <= now || now < to;
};

/**
 * Whether the user wants to be notified of a message of another user. Applies the same rules as the service's push
 * messages; a test compares the two.
 */
export const wantsNotification = (
  message: Pick<Message, 'seq' | 'sender_id' | 'mentions' | 'mention_all'>,
  chat: Pick<Chat, 'last_read_seq' | 'notifications'>,
  user: {
    readonly id: number;
    readonly quiet: NotificationSettings['quiet'];
    readonly hasBlockedSender: boolean;
  },
  now: Date,
): boolean => {
  const { level, muted_until: mutedUntil } = chat.notifications;
  if (message.seq <= chat.last_read_seq || user.hasBlockedSender) return false;
  if (mutedUntil !== null && new Date(mutedUntil) > now) return false;
  return (
    (level === 'all' || (level === 'mentions' && isMentioned(message, user.id))) &&
    !isInQuietHours(user.quiet, now)
  );
};

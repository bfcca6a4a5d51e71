import { defineMessageEvent } from '../messages/events.ts';

export const pinEvents = {
  message_pinned: defineMessageEvent('message_pinned', 'MessagePinned', 'A message has been pinned.'),
  message_unpinned: defineMessageEvent('message_unpinned', 'MessageUnpinned', 'A message has been unpinned.'),
};

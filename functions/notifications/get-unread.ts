import { chatStore } from '../chats/live.ts';
import type { ChatStore } from '../chats/stores/chats.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Unread } from './contract.ts';

export interface GetUnreadEffects {
  readonly chats: Pick<ChatStore, 'sumUnread'>;
  readonly clock: Clock;
}

const liveEffects: GetUnreadEffects = { chats: chatStore, clock: systemClock };

/** The sum of unread messages over all of the actor's chats that are not muted. */
export const getUnread = async (
  actor: Actor,
  { chats, clock }: GetUnreadEffects = liveEffects,
): Promise<Unread> => {
  const sum = (await chats.sumUnread([actor.userId], clock())).get(actor.userId);
  return { unread_total: sum?.unread_count ?? 0, mention_total: sum?.mention_count ?? 0 };
};

import { toPage } from '../contract/pages.ts';
import type { Page, PageQuery, Participant } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences, findPresencesIfKnown, type Presences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatStore } from './live.ts';
import { type ChatStore, type ParticipantRow } from './stores/chats.ts';

export interface ParticipantEffects {
  readonly chats: Pick<ChatStore, 'listParticipants' | 'findParticipant'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: ParticipantEffects = {
  chats: chatStore,
  connections: liveConnections,
  clock: systemClock,
};

/** A participant as the others see them. */
export const toParticipant = (row: ParticipantRow, presences: Pick<Presences, 'has'>): Participant => ({
  ...row,
  joined_at: row.joined_at.toISOString(),
  online: presences.has(row.id),
});

/**
 * A page of participants, longest-standing first. A group has at most a hundred: all of them are read, which tells
 * whether the caller is one and how many there are, and the page is cut from them.
 *
 * @throws ServiceError `chat_not_found`
 */
export const listParticipants = async (
  actor: Actor,
  chatId: number,
  page: PageQuery,
  effects: ParticipantEffects = liveEffects,
): Promise<Page<Participant>> => {
  const all = await effects.chats.listParticipants(chatId);
  if (!all.some(({ id }) => id === actor.userId)) throw new ServiceError('chat_not_found');
  const from = (page.page - 1) * page.limit;
  const rows = all.slice(from, from + page.limit);
  const presences = await findPresences(
    rows.map(({ id }) => id),
    effects,
  );
  return toPage(
    rows.map((row) => toParticipant(row, presences)),
    all.length,
    page,
  );
};

/** One participant as the others see them after a change that is stored; undefined when they are not in the chat. */
export const findParticipant = async (
  chatId: number,
  userId: number,
  effects: Omit<ParticipantEffects, 'chats'> & { readonly chats: Pick<ChatStore, 'findParticipant'> },
): Promise<Participant | undefined> => {
  const [row, presences] = await Promise.all([
    effects.chats.findParticipant(chatId, userId),
    findPresencesIfKnown([userId], effects),
  ]);
  return row && toParticipant(row, presences);
};

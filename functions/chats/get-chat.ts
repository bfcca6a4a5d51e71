import type { ChatDetail } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences, findPresencesIfKnown } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { chatStore, participantStore } from './live.ts';
import type { ChatStore } from './stores/chats.ts';
import type { ParticipantStore } from './stores/participants.ts';
import { readLastParts, toChat } from './to-chat.ts';
import { toParticipant } from './to-participant.ts';

export interface GetChatEffects extends ReadConsistentlyEffects {
  readonly chats: Pick<ChatStore, 'find'>;
  readonly participants: Pick<ParticipantStore, 'listParticipants'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: GetChatEffects = {
  chats: chatStore,
  participants: participantStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

/** A chat with its participants. @throws ServiceError `chat_not_found` */
export const getChat = (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: GetChatEffects = liveEffects,
): Promise<ChatDetail> => readChat(actor, chatId, effects, findPresences);

/** Reads a chat for the response to a change that is already stored. @throws ServiceError `chat_not_found` */
export const getChangedChat = (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: GetChatEffects,
): Promise<ChatDetail> => readChat(actor, chatId, effects, findPresencesIfKnown);

const readChat = (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: GetChatEffects,
  presencesOf: typeof findPresences,
): Promise<ChatDetail> =>
  readConsistently(actor.userId, effects, async (readParts) => {
    const [row, participants] = await Promise.all([
      effects.chats.find(chatId, actor.userId),
      effects.participants.listParticipants(chatId, actor.userId),
    ]);
    if (row === undefined) throw new ServiceError('chat_not_found');
    const [parts, presences] = await Promise.all([
      readLastParts([row], readParts),
      presencesOf(
        participants.map(({ id }) => id),
        effects,
      ),
    ]);
    return {
      ...toChat(row, parts, presences),
      participants: participants.map((participant) => toParticipant(participant, presences)),
    };
  });

import type { Actor } from './actor.ts';
import { allDone } from './all-done.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { carries } from './live-connections.ts';
import type { SentMessage } from './send-message.ts';
import { stopTyping } from './typing.ts';

/**
 * Tells every device of everyone in the chat of a message, the sender's own included, and ends the sender's
 * typing. Connections are read only now that the message is stored: whoever connects later than that finds the
 * message by syncing, so nobody falls in between.
 */
export const announceMessage = async (
  actor: Actor,
  { message, duplicate, memberIds }: SentMessage,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  if (duplicate) return;
  let announced = false;
  try {
    const connections = await effects.connections.findByUsers(memberIds);
    announced = true;
    const carrying = connections.filter((connection) => carries(connection, message.chat_id));
    await allDone([
      broadcast(carrying, { type: 'new_message', chat_id: message.chat_id, message }, effects),
      ...connections
        .filter((own) => own.userId === actor.userId && own.typing.has(message.chat_id))
        .map((own) => stopTyping(own, message.chat_id, carrying, effects)),
    ]);
  } catch (error) {
    // It was sent, whether or not anyone could be told. Broadcasting counts it otherwise.
    if (!announced) effects.metrics({ MessagesSent: 1 });
    throw error;
  }
};

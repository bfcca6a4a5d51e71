import { broadcastToChat, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import type { ChangedMessage } from './message-changes.ts';

/** Tells everyone in a chat, on every device, that a message changed. */
export const announceMessageChange = async (
  type: 'message_updated' | 'message_deleted' | 'message_restored',
  { message, memberIds }: ChangedMessage,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  if (memberIds.length === 0) return;
  await broadcastToChat(
    { id: message.chat_id, memberIds },
    { type, chat_id: message.chat_id, message },
    effects,
  );
};

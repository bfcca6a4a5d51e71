import { frameOf, receiveMessage as route } from '../routes/frames.ts';
import { announceMessage } from '../services/announce-message.ts';
import { sendMessage } from '../services/messages.ts';
import { acknowledge, frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) => {
  const sent = await sendMessage(actor, frame);
  const { message, duplicate } = sent;
  const ack = frameOf('ack', {
    chat_id: message.chat_id,
    client_message_id: frame.client_message_id ?? null,
    duplicate,
    message,
  });
  const [unacknowledged] = await Promise.all([acknowledge(identity, ack), announceMessage(actor, sent)]);
  return unacknowledged;
});

import { frameOf, receiveMessage as route } from '../routes/frames.ts';
import { announceMessage } from '../services/announce-message.ts';
import { sendMessage } from '../services/send-message.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame }) => {
  const sent = await sendMessage(actor, frame);
  return {
    frame: frameOf('ack', {
      chat_id: sent.message.chat_id,
      client_message_id: frame.client_message_id ?? null,
      duplicate: sent.duplicate,
      message: sent.message,
      ...(frame.ref == null ? {} : { ref: frame.ref }),
    }),
    afterwards: () => announceMessage(actor, sent),
  };
});

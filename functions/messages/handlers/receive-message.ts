import { frameOf } from '../../contract/frames.ts';
import { frameHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { receiveMessage as route } from '../contract.ts';
import { sendMessage } from '../send-message.ts';

export const handler = frameHandler(route, async ({ actor, frame }) => {
  const outcome = await sendMessage(actor, frame);
  const { message, duplicate } = outcome.result;
  return publishedFrame(
    outcome,
    frameOf('ack', {
      chat_id: message.chat_id,
      client_message_id: frame.client_message_id ?? null,
      duplicate,
      message,
      ...(frame.ref == null ? {} : { ref: frame.ref }),
    }),
  );
});

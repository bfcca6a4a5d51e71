import { frameOf, leaveChat as route } from '../routes/frames.ts';
import { leaveChat } from '../services/presence.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) => {
  await leaveChat(actor, identity, frame.chat_id);
  return { frame: frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }) };
});

import { frameOf, joinChat as route } from '../routes/frames.ts';
import { joinChat } from '../services/presence.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) => {
  await joinChat(actor, identity, frame.chat_id);
  return { frame: frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }) };
});

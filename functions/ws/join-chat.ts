import { frameOf, joinChat as route } from '../routes/frames.ts';
import { joinChat } from '../services/presence.ts';
import { frameHandler } from '../transport/frames.ts';
import { publishedFrame } from '../transport/published.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(
    await joinChat(actor, identity, frame.chat_id),
    frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }),
  ),
);

import { frameOf, leaveChat as route } from '../routes/frames.ts';
import { leaveChat } from '../services/presence.ts';
import { frameHandler } from '../transport/frames.ts';
import { publishedFrame } from '../transport/published.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(
    await leaveChat(actor, identity, frame.chat_id),
    frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }),
  ),
);

import { frameOf } from '../../contract/frames.ts';
import { frameHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { leaveChat as route } from '../contract.ts';
import { leaveChat } from '../leave-chat.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(
    await leaveChat(actor, identity, frame.chat_id),
    frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }),
  ),
);

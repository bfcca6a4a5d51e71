import { frameOf } from '../../contract/frames.ts';
import { frameHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { joinChat as route } from '../contract.ts';
import { joinChat } from '../join-chat.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(
    await joinChat(actor, identity, frame.chat_id),
    frameOf('ack', { chat_id: frame.chat_id, ref: frame.ref ?? null }),
  ),
);

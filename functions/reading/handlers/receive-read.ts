import { frameHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { receiveRead as route } from '../contract.ts';
import { markRead } from '../mark-read.ts';

export const handler = frameHandler(route, async ({ actor, frame }) =>
  publishedFrame(await markRead(actor, frame.chat_id, frame.seq)),
);

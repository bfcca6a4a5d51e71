import { receiveRead as route } from '../routes/frames.ts';
import { markRead } from '../services/read-marks.ts';
import { frameHandler } from '../transport/frames.ts';
import { publishedFrame } from '../transport/published.ts';

export const handler = frameHandler(route, async ({ actor, frame }) =>
  publishedFrame(await markRead(actor, frame.chat_id, frame.seq)),
);

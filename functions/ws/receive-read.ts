import { receiveRead as route } from '../routes/frames.ts';
import { announceReadMark, markRead } from '../services/read-marks.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame }) => {
  const read = await markRead(actor, frame.chat_id, frame.seq);
  return { afterwards: () => announceReadMark(actor, read) };
});

import { markRead as route } from '../routes/chats.ts';
import { announceReadMark, markRead } from '../services/read-marks.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  const read = await markRead(actor, params.chat_id, body.seq);
  return answer(200, read.mark, { afterwards: () => announceReadMark(actor, read) });
});

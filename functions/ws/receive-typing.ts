import { receiveTyping as route } from '../routes/frames.ts';
import { reportTyping } from '../services/typing.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) => {
  await reportTyping(actor, identity.connectionId, frame);
  return {};
});

import { receiveTyping as route } from '../routes/frames.ts';
import { reportTyping } from '../services/typing.ts';
import { frameHandler } from '../transport/frames.ts';
import { publishedFrame } from '../transport/published.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(await reportTyping(actor, identity.connectionId, frame)),
);

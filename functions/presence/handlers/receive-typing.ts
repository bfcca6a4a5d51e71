import { frameHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { receiveTyping as route } from '../contract.ts';
import { reportTyping } from '../report-typing.ts';

export const handler = frameHandler(route, async ({ actor, frame, identity }) =>
  publishedFrame(await reportTyping(actor, identity.connectionId, frame)),
);

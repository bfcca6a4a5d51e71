import { lifecycleHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { connect as route } from '../contract.ts';
import { openConnection } from '../open-connection.ts';

export const handler = lifecycleHandler(route, async ({ actor, identity }) =>
  publishedFrame(await openConnection(actor, identity)),
);

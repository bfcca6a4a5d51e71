import { lifecycleHandler } from '../../transport/frames.ts';
import { publishedFrame } from '../../transport/published.ts';
import { closeConnection } from '../close-connection.ts';
import { disconnect as route } from '../contract.ts';

export const handler = lifecycleHandler(route, async ({ actor, identity: { connectionId } }) =>
  publishedFrame(await closeConnection({ userId: actor.userId, connectionId })),
);

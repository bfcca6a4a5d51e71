import { lifecycleHandler } from '../../transport/frames.ts';
import { disconnect as route } from '../contract.ts';
import { closeConnection } from '../presence.ts';

export const handler = lifecycleHandler(route, ({ actor, identity }) =>
  closeConnection(actor.userId, identity.connectionId),
);

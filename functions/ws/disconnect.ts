import { disconnect as route } from '../routes/frames.ts';
import { closeConnection } from '../services/presence.ts';
import { lifecycleHandler } from '../transport/frames.ts';

export const handler = lifecycleHandler(route, ({ actor, identity }) =>
  closeConnection(actor.userId, identity.connectionId),
);

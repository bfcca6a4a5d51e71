import { connect as route } from '../routes/frames.ts';
import { openConnection } from '../services/presence.ts';
import { lifecycleHandler } from '../transport/frames.ts';

export const handler = lifecycleHandler(route, ({ actor, identity }) => openConnection(actor, identity));

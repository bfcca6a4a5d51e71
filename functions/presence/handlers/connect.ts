import { lifecycleHandler } from '../../transport/frames.ts';
import { connect as route } from '../contract.ts';
import { openConnection } from '../presence.ts';

export const handler = lifecycleHandler(route, ({ actor, identity }) => openConnection(actor, identity));

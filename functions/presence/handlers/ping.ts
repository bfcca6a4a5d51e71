import { frameOf } from '../../contract/frames.ts';
import { frameHandler } from '../../transport/frames.ts';
import { ping as route } from '../contract.ts';

export const handler = frameHandler(route, async ({ frame: { ref } }) => ({
  frame: frameOf('pong', { ref: ref ?? null }),
}));

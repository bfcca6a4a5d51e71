import { frameOf, ping as route } from '../routes/frames.ts';
import { frameHandler } from '../transport/frames.ts';

export const handler = frameHandler(route, async ({ frame: { ref } }) => ({
  frame: frameOf('pong', ref == null ? {} : { ref }),
}));

import { POSTS_AT_ONCE, type ConnectionGateway } from './connection-gateway.ts';

/**
 * Wraps a gateway so that at most `POSTS_AT_ONCE` of its posts run concurrently, in the order of the calls. A waiting
 * post has not started: the gateway's timeout does not include the wait.
 */
export const withBoundedPosts = (gateway: ConnectionGateway): ConnectionGateway => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const end = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    post: async (connectionId, data) => {
      if (running < POSTS_AT_ONCE) running += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await gateway.post(connectionId, data);
      } finally {
        end();
      }
    },
    close: (connectionId) => gateway.close(connectionId),
    isOpen: (connectionId) => gateway.isOpen(connectionId),
  };
};

import { connect, createServer, type Socket } from 'node:net';

/** `refuse` resets connections; `hang` keeps them open and forwards nothing. */
export type ProxyMode = 'pass' | 'refuse' | 'hang';

/** A TCP proxy in front of a store that can simulate two kinds of outage. */
export interface FlakyProxy {
  readonly port: number;
  setMode(mode: ProxyMode): void;
  /** Resolves when the store is reachable; at once if it is now. */
  whenPassing(): Promise<void>;
  /** Resolves when the store is unreachable. */
  whenRefusing(): Promise<void>;
  /**
   * Runs a function at the next request: `before` it reaches the store, which then never gets it, or `after` the store
   * has got it and has not responded yet.
   *
   * @param isDue false for a request that is to pass; by default every request is due
   */
  onNextRequest(moment: 'before' | 'after', act: () => void, isDue?: () => boolean): void;
  stop(): Promise<void>;
}

/**
 * Resets a connection, or only destroys it when it is ending already: Node ignores a reset during a shutdown, and the
 * process then spins for ever instead of exiting.
 */
const reset = (socket: Socket): void => {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
};

export const startFlakyProxy = async (target: { host: string; port: number }): Promise<FlakyProxy> => {
  let mode: ProxyMode = 'pass';
  let passing = Promise.withResolvers<void>();
  passing.resolve();
  let refusing = Promise.withResolvers<void>();
  let trap:
    | { readonly moment: 'before' | 'after'; readonly act: () => void; readonly isDue: () => boolean }
    | undefined;
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };

  const server = createServer((client) => {
    track(client);
    if (mode === 'refuse') {
      reset(client);
      return;
    }
    const store = connect(target.port, target.host);
    track(store);
    client.on('data', (bytes) => {
      const sprung = trap?.isDue() === true ? trap : undefined;
      if (sprung !== undefined) trap = undefined;
      if (mode === 'pass' && sprung?.moment !== 'before') store.write(bytes);
      sprung?.act();
    });
    store.on('data', (bytes) => {
      if (mode === 'pass') client.write(bytes);
    });
    client.on('close', () => store.destroy());
    store.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');

  return {
    port: address.port,
    setMode: (next) => {
      // Data that was sent while a connection hung are lost, so the connection cannot be used again.
      const isOver = mode === 'hang' || next === 'refuse';
      if (next !== 'pass') refusing.resolve();
      else if (mode !== 'pass') refusing = Promise.withResolvers();
      if (next === 'pass') passing.resolve();
      else if (mode === 'pass') passing = Promise.withResolvers();
      mode = next;
      if (isOver) for (const socket of sockets) reset(socket);
    },
    whenPassing: () => passing.promise,
    whenRefusing: () => refusing.promise,
    onNextRequest: (moment, act, isDue = () => true) => {
      trap = { moment, act, isDue };
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

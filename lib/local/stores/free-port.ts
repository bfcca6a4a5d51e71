import { createServer } from 'node:net';

/** Opens a port and closes it again. @returns the port. @throws Error with `code` `EADDRINUSE` when it is taken */
const tryPort = async (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port was given'));
        else resolve(address.port);
      });
    });
  });

/** A port on the loopback interface that is free at this moment. */
export const freePort = async (): Promise<number> => tryPort(0);

/** Fails early when a port is taken; port 0 never is. @throws Error with `code` `EADDRINUSE` and the `port` */
export const assertPortIsFree = async (port: number): Promise<void> => {
  await tryPort(port);
};

/** The given port while it is free; else 0, for which the system chooses any. */
export const freePortLike = (port: number | undefined): Promise<number> =>
  tryPort(port ?? 0).then(
    () => port ?? 0,
    () => 0,
  );

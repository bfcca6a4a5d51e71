import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';

/**
 * Starts listening and resolves with the port, which the system chooses for port 0. Rejects with the system's error:
 * its `code` is `EADDRINUSE` when the port is taken.
 */
export const listen = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** Closes a server with any open connections; resolves when the port is free again. */
export const closeNow = (server: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

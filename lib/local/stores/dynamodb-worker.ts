import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { Level } from 'level';

/**
 * dynalite reads every item apart, and its table before each, by LevelDB's asynchronous `get`: 21 trips to a thread of
 * Node's pool and back for ten items. Without these trips they take half the time. LevelDB has them in memory.
 */
Level.prototype.get = async function (this: Level, key: string, options = {}) {
  if (this.status === 'opening') await this.open();
  return this.getSync(key, options);
};

/** dynalite on a thread of its own: its work on the store must not hold up the gateway. */
const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only');
const { path } = workerData as { path: string };

const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') port.postMessage({ port: address.port });
});

port.on('message', () => {
  server.closeAllConnections();
  server.close(() => {
    // The store has been written out.
    port.postMessage({ closed: true });
    port.close();
  });
});

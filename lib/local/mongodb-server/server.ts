import { mkdir } from 'node:fs/promises';
import { type Socket, createServer } from 'node:net';
import { listen } from '../listening.ts';
import { runCommand } from './commands/dispatch.ts';
import type { Engine } from './commands/command.ts';
import { openCursors } from './cursors.ts';
import { lockFolder } from './folder-lock.ts';
import { openStorage } from './storage.ts';
import { encodeReply, messageSplitter, parseRequest } from './wire-protocol.ts';

export interface MongodbServerOptions {
  /** The folder of this server, used by no other; created if absent. */
  readonly dataDirectory: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly log: (line: string) => void;
  /** Journals smaller than this are never compacted. */
  readonly compactionMinimumBytes?: number;
}

export interface MongodbServer {
  /** Connection string without a database. */
  readonly url: string;
  readonly port: number;
  /** Ends the running commands and all connections, fsyncs the journal and unlocks the folder. */
  stop(): Promise<void>;
}

/** How many requests of a connection may wait before its socket is no longer read. */
const mostWaiting = 16;

/**
 * Starts the embedded MongoDB server: for development, on this machine only, without authentication. It
 * speaks the wire protocol well enough for the unmodified driver and keeps its data in one folder. Rejects
 * when another server holds the folder or the port is taken.
 */
export const startMongodbServer = async (options: MongodbServerOptions): Promise<MongodbServer> => {
  const { dataDirectory, port = 0, host = '127.0.0.1', log } = options;
  await mkdir(dataDirectory, { recursive: true });
  const unlock = lockFolder(dataDirectory, log);
  try {
    const { compactionMinimumBytes } = options;
    const storage = await openStorage({
      folder: dataDirectory,
      log,
      ...(compactionMinimumBytes === undefined ? {} : { compactionMinimumBytes }),
    });
    const engine: Engine = { storage, cursors: openCursors(), log };
    const connections = new Set<Connection>();
    let connectionCount = 0;
    const server = createServer({ noDelay: true }, (socket) => {
      connectionCount += 1;
      const connection = serveConnection(socket, connectionCount, engine);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    const boundPort = await listen(server, port, host).catch(async (error: unknown) => {
      await storage.close();
      throw error;
    });

    let stopping: Promise<void> | undefined;
    const stop = async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.end()));
      await closed;
      await storage.close();
      unlock();
    };
    return {
      url: `mongodb://${host}:${boundPort}`,
      port: boundPort,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    unlock();
    throw error;
  }
};

interface Connection {
  /** Lets the running command finish, then closes the socket. */
  end(): Promise<void>;
}

/** Handles the requests of one connection one after the other, as clients expect. */
const serveConnection = (socket: Socket, connectionId: number, engine: Engine): Connection => {
  const split = messageSplitter();
  const waiting: Buffer[] = [];
  let running: Promise<void> | undefined;
  const address = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;

  const work = async (): Promise<void> => {
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      if (waiting.length < mostWaiting) socket.resume();
      const request = parseRequest(message);
      const reply = await runCommand(request, { connectionId, address }, engine);
      if (request.wantsReply && socket.writable) await sent(socket, encodeReply(request, reply));
    }
  };

  const refuse = (error: unknown): void => {
    // After a framing error the rest of the stream cannot be parsed, so the connection is closed.
    engine.log(
      `closed connection ${connectionId}: ${error instanceof Error ? error.message : String(error)}`,
    );
    waiting.length = 0;
    socket.destroy();
  };

  socket.on('data', (chunk: Buffer) => {
    try {
      waiting.push(...split(chunk));
    } catch (error) {
      refuse(error);
      return;
    }
    if (waiting.length >= mostWaiting) socket.pause();
    if (waiting.length > 0) {
      running ??= work()
        .catch(refuse)
        .finally(() => {
          running = undefined;
        });
    }
  });
  // A client that disconnects mid-request is normal; 'close' follows.
  socket.on('error', () => undefined);

  return {
    async end() {
      waiting.length = 0;
      socket.pause();
      await running;
      socket.destroy();
    },
  };
};

/** Writes and waits until the kernel has taken the bytes, so that a slow reader does not fill the memory. */
const sent = (socket: Socket, bytes: Buffer): Promise<void> | undefined => {
  if (socket.write(bytes)) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
};

import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Log } from '../definitions.ts';
import { closeReason } from './close-reason.ts';
import type { ConnectionFacts } from './events.ts';
import { FrameGuard } from './frame-guard.ts';
import type { WebSocketLimits } from './limits.ts';

export interface ConnectionListener {
  onMessage(connection: Connection, body: string): void;
  /** Called once for each connection, after its socket has closed. */
  onClose(connection: Connection, code: number, reason: string): void;
}

/** An established connection: its socket, its limits and its end. */
export class Connection {
  readonly facts: ConnectionFacts;
  readonly #ws: WebSocket;
  readonly #limits: WebSocketLimits;
  readonly #log: Log;
  readonly #guard: FrameGuard;
  readonly #idle: NodeJS.Timeout;
  readonly #lifetime: NodeJS.Timeout;
  #farewell: NodeJS.Timeout | undefined;
  #deliveredMessages = 0;
  #endedByGuard = false;
  #lastActiveAt = Date.now();
  /** Why the gateway itself ended the connection. */
  #ending: { code: number; reason: string } | undefined;

  constructor(
    facts: ConnectionFacts,
    ws: WebSocket,
    socket: Socket,
    limits: WebSocketLimits,
    listener: ConnectionListener,
    log: Log,
  ) {
    this.facts = facts;
    this.#ws = ws;
    this.#limits = limits;
    this.#log = log;
    this.#guard = new FrameGuard(limits, (code) => {
      this.#endedByGuard = this.isOpen;
      this.close(code);
    });
    this.#idle = setTimeout(() => this.close(1001), limits.idleMs);
    this.#lifetime = setTimeout(() => this.close(1001), limits.lifetimeMs);
    // Registered before ws's own listener, so that a frame is refused before ws emits its message.
    socket.prependListener('data', (chunk: Buffer) => {
      this.#touch();
      this.#guard.inspect(chunk);
    });
    ws.on('message', (data: Buffer) => {
      this.#deliveredMessages += 1;
      // Messages that were complete before a refused frame are delivered; messages after a close are not.
      if (this.#deliveredMessages > this.#guard.acceptedMessages) return;
      if (this.#ending !== undefined && !this.#endedByGuard) return;
      listener.onMessage(this, data.toString());
    });
    // ws closes by itself after a protocol error; 'close' follows.
    ws.on('error', (error) => log(`websocket ${facts.connectionId}: ${error.message}`));
    ws.on('close', (code, reason) => {
      clearTimeout(this.#idle);
      clearTimeout(this.#lifetime);
      clearTimeout(this.#farewell);
      const end = this.#ending ?? { code, reason: reason.toString() || closeReason(code) };
      listener.onClose(this, end.code, end.reason);
    });
  }

  get isOpen(): boolean {
    return this.#ending === undefined && this.#ws.readyState === WebSocket.OPEN;
  }

  /** Whether the client reads fast enough for another frame: `send` would then return `sent`. */
  get takesFrames(): boolean {
    return this.isOpen && this.#ws.bufferedAmount <= this.#limits.bufferedBytes;
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  /**
   * Writes a text frame to the socket without waiting for the client to read it. Returns `closed` when the connection
   * is closed, and `full` when the client reads so slowly that the connection had to be dropped.
   */
  send(payload: string | Buffer): 'sent' | 'closed' | 'full' {
    if (!this.isOpen) return 'closed';
    if (!this.takesFrames) {
      this.#log(`websocket ${this.facts.connectionId}: reads too slowly, dropped`);
      this.#ending = { code: 1006, reason: closeReason(1006) };
      this.#ws.terminate();
      return 'full';
    }
    this.#touch();
    this.#ws.send(payload, { binary: false });
    return 'sent';
  }

  /**
   * Closes the connection from the server's side. It counts as gone at once; `onClose` follows when the socket
   * closes.
   */
  close(code: number): void {
    if (!this.isOpen) return;
    this.#ending = { code, reason: closeReason(code) };
    this.#ws.close(code, code === 1001 ? closeReason(code) : undefined);
    this.#farewell = setTimeout(() => this.#ws.terminate(), this.#limits.closeMs);
  }

  #touch(): void {
    this.#lastActiveAt = Date.now();
    this.#idle.refresh();
  }
}

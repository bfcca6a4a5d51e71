import type { issueTicket } from '../../functions/sessions/contract.ts';
import type { getInfo } from '../../functions/system/contract.ts';
import { ChatError, type ClientPlatform, type ClientSocket } from './chat-client.ts';
import type { Call, ClientFrame, ServerFrame } from './contract.ts';
import { parse, waitOf } from './http.ts';
import { backOffMs } from './platform.ts';
import type { Session } from './session.ts';
import { createTimers } from './timers.ts';

export interface Connection {
  readonly isOpen: boolean;
  /** @throws ChatError when there is no WebSocket */
  readonly start: () => void;
  readonly stop: () => void;
  /** Opens a new socket now: the old one is dead, or the network is back. */
  readonly reconnect: () => void;
  /**
   * @returns false when there is no open socket. True does not mean that the frame arrives: only a reply proves that
   */
  readonly send: (frame: ClientFrame) => boolean;
}

export interface ConnectionHooks {
  /** A socket is being opened. */
  readonly onConnecting: () => void;
  /** The socket is open. */
  readonly onOpen: () => void;
  readonly onFrame: (frame: ServerFrame) => void;
  /** The socket is closed; the client tries again by itself. */
  readonly onClosed: () => void;
  /** The account is suspended: no further attempt until the connection is started again. */
  readonly onSuspended: (error: ChatError) => void;
}

/** API Gateway closes connections after two hours: they are renewed earlier, at a random time. */
const LIFETIME_MS = { least: 100 * 60_000, spread: 15 * 60_000 };
/**
 * A connection is renewed this long before the access token of its ticket expires, in milliseconds, since it ends
 * with the token.
 */
const TOKEN_MARGIN_MS = 45_000;
const PONG_TIMEOUT_MS = 10_000;
/** After a device has slept, its socket is usually dead, so the timeout is short. */
const PROBE_TIMEOUT_MS = 3000;
/** A timer that fires this late did not run meanwhile: the device slept. */
const TICK_MS = 10_000;
const SLEPT_MS = 10_000;
const OPEN_TIMEOUT_MS = 15_000;

/** One WebSocket that is kept open: tickets, heartbeat, reconnection. */
export const createConnection = (
  call: Call,
  session: Session,
  platform: ClientPlatform,
  hooks: ConnectionHooks,
): Connection => {
  let wanted = false;
  let socket: ClientSocket | undefined;
  let websocketUrl: string | undefined;
  let failures = 0;
  /** The number of the latest attempt: an attempt with a lower number has been superseded. */
  let attempt = 0;
  /** The end of the service's `Retry-After`, in milliseconds since 1970. */
  let busyUntil = 0;
  let stopListening = (): void => undefined;
  /** The timers of one attempt and its socket. */
  const timers = createTimers<'retry' | 'open' | 'heartbeat' | 'pong' | 'renewal'>(platform);
  const ticks = createTimers<'tick'>(platform);

  /** Closes the socket and ignores its further events. */
  const drop = (): void => {
    attempt += 1;
    timers.stopAll();
    const old = socket;
    socket = undefined;
    old?.close();
  };

  const reopen = (delayMs: number): void => {
    drop();
    hooks.onClosed();
    if (wanted) timers.set('retry', delayMs, open);
  };

  /** @param leastMs the minimum wait before the next attempt, in milliseconds */
  const lost = (leastMs = 0): void => {
    reopen(Math.max(leastMs, backOffMs(failures, platform)));
    failures += 1;
  };

  const send = (frame: ClientFrame): boolean => {
    if (socket?.readyState !== 1) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };

  const ping = (timeoutMs: number, onSilence: () => void): void => {
    send({ type: 'ping' });
    // A lost network sends no close frame.
    timers.set('pong', timeoutMs, onSilence);
  };

  const beat = (): void => {
    // Also while frames arrive: only frames that the client sends renew its lease.
    timers.set('heartbeat', platform.heartbeatMs, () => {
      beat();
      ping(PONG_TIMEOUT_MS, lost);
    });
  };

  /** The device may have slept or changed its network: a ping shows whether the socket is still alive. */
  const wake = (): void => {
    if (socket?.readyState === 1 && !timers.has('pong')) {
      beat();
      ping(PROBE_TIMEOUT_MS, () => reopen(0));
    } else if (timers.has('retry') && platform.now() >= busyUntil) {
      failures = 0;
      void open();
    }
  };

  const tick = (): void => {
    const due = platform.now() + TICK_MS;
    ticks.set('tick', TICK_MS, () => {
      if (platform.now() - due > SLEPT_MS) wake();
      tick();
    });
  };

  const listen = (opened: ClientSocket): void => {
    const isCurrent = (): boolean => socket === opened;
    opened.addEventListener('open', () => {
      if (!isCurrent()) return;
      timers.stop('open');
      failures = 0;
      beat();
      const life = LIFETIME_MS.least + platform.random() * LIFETIME_MS.spread;
      const token = session.tokenExpiresAt - platform.now() - TOKEN_MARGIN_MS;
      timers.set('renewal', Math.max(1000, Math.min(life, token)), () => reopen(0));
      hooks.onOpen();
    });
    opened.addEventListener('message', ({ data }) => {
      if (!isCurrent()) return;
      timers.stop('pong');
      const frame = parse(data) as ServerFrame | null | undefined;
      if (typeof frame?.type === 'string') hooks.onFrame(frame);
      else lost();
    });
    for (const type of ['close', 'error'] as const) {
      opened.addEventListener(type, () => {
        if (isCurrent()) lost();
      });
    }
  };

  const open = async (): Promise<void> => {
    drop();
    const own = attempt;
    hooks.onConnecting();
    try {
      websocketUrl ??= (await call<typeof getInfo>('GET /info', 'websocket_url')).websocket_url;
      // A connection opened with a token that is about to expire would not last.
      if (session.tokenExpiresAt - platform.now() < 2 * TOKEN_MARGIN_MS) await session.renew(undefined);
      const { ticket } = await session.call<typeof issueTicket>('POST /ws/tickets', 'ticket');
      if (own !== attempt) return;
      // `start` has checked that the platform has a WebSocket.
      socket = new (platform.WebSocket as NonNullable<ClientPlatform['WebSocket']>)(
        `${websocketUrl}?ticket=${encodeURIComponent(ticket)}`,
      );
      listen(socket);
      timers.set('open', OPEN_TIMEOUT_MS, lost);
    } catch (error) {
      if (own !== attempt) return;
      // The session has ended and emits that itself.
      if (!session.user) return;
      if (error instanceof ChatError && error.code === 'account_suspended') return hooks.onSuspended(error);
      const wait = waitOf(error);
      busyUntil = platform.now() + wait;
      lost(wait);
    }
  };

  return {
    get isOpen() {
      return socket?.readyState === 1;
    },
    start: () => {
      if (!platform.WebSocket) {
        throw new ChatError({
          detail: 'No WebSocket: pass one as platform.WebSocket.',
          status_code: 0,
          code: 'no_websocket',
        });
      }
      if (wanted) return;
      wanted = true;
      failures = 0;
      stopListening = platform.onWake(wake);
      tick();
      void open();
    },
    stop: () => {
      wanted = false;
      ticks.stopAll();
      stopListening();
      drop();
    },
    reconnect: () => {
      if (!wanted) return;
      failures = 0;
      reopen(0);
    },
    send,
  };
};

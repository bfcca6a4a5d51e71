/** A frame from the service, untyped, since tests also read frames that the contract does not define. */
export interface ServerFrame {
  readonly type: string;
  readonly timestamp: string;
  readonly [field: string]: unknown;
}

/** An open connection to the WebSocket API. For measurements and tests: it does not reconnect, unlike lib/client. */
export interface ChatSocket {
  send(frame: object): void;
  /**
   * Returns the first matching frame among those received and not yet taken, or the next one to arrive.
   *
   * @throws Error when the connection closes first, or on a timeout
   */
  take(fits: (frame: ServerFrame) => boolean, timeoutMs?: number): Promise<ServerFrame>;
  /** Frames that were received and not taken. */
  readonly untaken: readonly ServerFrame[];
  /** Resolves when either side has closed the connection. */
  readonly closed: Promise<{ readonly code: number }>;
  close(): Promise<void>;
}

interface Waiting {
  readonly fits: (frame: ServerFrame) => boolean;
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
}

const TIMEOUT_MS = 10_000;

/**
 * Opens a connection.
 *
 * @param chatId restricts the connection to one chat; without it, it carries all of the user's
 * @throws Error when the handshake is refused
 */
export const openChatSocket = async (
  websocketUrl: string,
  accessToken: string,
  chatId?: number,
): Promise<ChatSocket> => {
  const url = new URL(websocketUrl);
  url.searchParams.set('token', accessToken);
  if (chatId !== undefined) url.searchParams.set('chat_id', String(chatId));
  const socket = new WebSocket(url);

  const untaken: ServerFrame[] = [];
  const waiting = new Set<Waiting>();

  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    for (const waiter of waiting) {
      if (!waiter.fits(frame)) continue;
      waiting.delete(waiter);
      waiter.resolve(frame);
      return;
    }
    untaken.push(frame);
  });

  const closed = new Promise<{ code: number }>((resolve) => {
    socket.addEventListener('close', ({ code }) => {
      for (const waiter of waiting) waiter.reject(new Error(`The connection was closed with ${code}`));
      waiting.clear();
      resolve({ code });
    });
  });

  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The handshake was refused')));
  });

  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    take: async (fits, timeoutMs = TIMEOUT_MS) => {
      const index = untaken.findIndex(fits);
      const [found] = index === -1 ? [] : untaken.splice(index, 1);
      if (found !== undefined) return found;
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise<ServerFrame>((resolve, reject) => {
          const waiter = { fits, resolve, reject };
          waiting.add(waiter);
          timer = setTimeout(() => {
            waiting.delete(waiter);
            const seen = untaken.map((frame) => frame.type).join(', ') || 'nothing';
            reject(new Error(`No such frame within ${timeoutMs} ms; received besides: ${seen}`));
          }, timeoutMs);
        });
      } finally {
        clearTimeout(timer);
      }
    },
    untaken,
    closed,
    close: async () => {
      socket.close();
      await closed;
    },
  };
};

import type { ClientPlatform } from './chat-client.ts';

/** The platform's effects, overridden by those of the application. */
export const platformOf = (own: Partial<ClientPlatform> = {}): ClientPlatform => ({
  // Browsers reject `fetch` and timers that are called as methods of another object.
  fetch: (...request) => fetch(...request),
  WebSocket: globalThis.WebSocket,
  now: Date.now,
  random: Math.random,
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
  heartbeatMs: 'document' in globalThis ? BROWSER_HEARTBEAT_MS : HEARTBEAT_MS,
  onWake,
  ...own,
});

/** API Gateway closes connections after ten minutes without traffic. */
const HEARTBEAT_MS = 4 * 60_000;
/** Proxies between browsers and the service close a connection after a minute without traffic. */
const BROWSER_HEARTBEAT_MS = 45_000;

type Listen = 'addEventListener' | 'removeEventListener';
type Listening = { readonly [Method in Listen]?: (type: string, listener: () => void) => void };

/**
 * Listens for when a browser's page becomes visible, returns from the back/forward cache, or goes online or offline:
 * a probe then shows whether the socket still works. Other platforms have no such events.
 */
const onWake: ClientPlatform['onWake'] = (wake) => {
  const global = globalThis as Listening & { document?: Listening & { hidden?: boolean } };
  const { document } = global;
  const seen = (): void => {
    if (!document?.hidden) wake();
  };
  const change = (method: Listen): void => {
    document?.[method]?.('visibilitychange', seen);
    for (const type of ['pageshow', 'online', 'offline']) global[method]?.(type, wake);
  };
  change('addEventListener');
  return () => change('removeEventListener');
};

/**
 * A UUID (RFC 9562, version 4). Outside secure contexts browsers have no `crypto.randomUUID`, and React Native has no
 * `crypto` at all. The id has to be unique among the sender's messages, not secret.
 */
export const newUuid = ({ random }: Pick<ClientPlatform, 'random'>): string => {
  const { crypto } = globalThis as { crypto?: { randomUUID?(): string } };
  return (
    crypto?.randomUUID?.() ??
    'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(random() * 16).toString(16))
  );
};

/**
 * Milliseconds to wait before an attempt: exponential backoff with jitter, so that clients that lost their
 * connections at the same moment do not reconnect at the same moment.
 *
 * @param failures how many attempts have failed in a row
 */
export const backOffMs = (failures: number, { random }: Pick<ClientPlatform, 'random'>): number => {
  const longest = Math.min(30_000, 500 * 2 ** failures);
  return (longest * (1 + random())) / 2;
};

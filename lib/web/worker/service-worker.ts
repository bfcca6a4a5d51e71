import { receivePushes } from './push.ts';

declare const self: ServiceWorkerGlobalScope;
/** Set by the build: the paths of the page's files, and a version that identifies their contents. */
declare const SHELL: readonly string[];
declare const VERSION: string;

// Caches the files of the page, so that the page opens without a network. The worker never sees user data: that comes
// from the API, which has another origin, and the page stores its own snapshots.

const PREFIX = 'chat-shell-';
const CACHE = PREFIX + VERSION;
/** The longest wait for the network before the cached file is used. */
const NETWORK_TIMEOUT_MS = 4000;

self.addEventListener('install', (event) => {
  const keepShell = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'no-cache' })));
    // Open pages go on with their loaded files; the files of the previous version stay in the bucket.
    await self.skipWaiting();
  };
  event.waitUntil(keepShell());
});

self.addEventListener('activate', (event) => {
  const takeOver = async (): Promise<void> => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(takeOver());
});

/**
 * Responds from the network, so that a new version is used at once; from the cache when the network fails or is too
 * slow.
 */
const fromNetwork = async (request: Request, path: string): Promise<Response> => {
  const kept = await (await caches.open(CACHE)).match(path);
  try {
    const response = await fetch(
      request,
      kept === undefined ? {} : { signal: AbortSignal.timeout(NETWORK_TIMEOUT_MS) },
    );
    return response.ok ? response : (kept ?? response);
  } catch (error) {
    if (kept === undefined) throw error;
    return kept;
  }
};

/** Files in `assets` are named by their contents, so the cached file equals that of the network. */
const fromCache = async (request: Request, path: string): Promise<Response> =>
  (await (await caches.open(CACHE)).match(path)) ?? fetch(request);

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(fromNetwork(request, '/'));
  else if (!SHELL.includes(pathname)) return;
  else if (pathname.startsWith('/assets/')) event.respondWith(fromCache(request, pathname));
  else event.respondWith(fromNetwork(request, pathname));
});

receivePushes();

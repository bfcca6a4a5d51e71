import { receivePushes } from './push.ts';

declare const self: ServiceWorkerGlobalScope;
/** Written by the build: the addresses that make up the page, and a name for exactly these contents. */
declare const SHELL: readonly string[];
declare const VERSION: string;

// Keeps the page itself, so that it opens without a network. It never sees what people write: that is the API's, which
// has another origin, and the page keeps what it showed by itself.

const PREFIX = 'chat-shell-';
const CACHE = PREFIX + VERSION;
/** A network that takes longer is as good as none: what is kept is shown. */
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => {
  const keepShell = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'no-cache' })));
    // Pages that are open go on with the files that they have; those of the version before stay in the bucket.
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

/** From the network, so that a new version is there at once; from what is kept when it does not answer in time. */
const fromNetwork = async (request: Request, path: string): Promise<Response> => {
  const kept = await (await caches.open(CACHE)).match(path);
  try {
    const response = await fetch(
      request,
      kept === undefined ? {} : { signal: AbortSignal.timeout(PATIENCE_MS) },
    );
    return response.ok ? response : (kept ?? response);
  } catch (error) {
    if (kept === undefined) throw error;
    return kept;
  }
};

/** Files in `assets` are named by their contents: what is kept is what the network would give. */
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

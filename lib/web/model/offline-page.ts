/** Set by the build: whether there is a service worker. */
declare const BUILT: boolean;

const WORKER = '/sw.js';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): {
    createScriptURL(url: string): string;
  };
}

/**
 * Registers the service worker, which caches the page's files, so that the page opens without a network and can be
 * installed. Only the build creates one, and insecure origins cannot use it.
 */
export const keepPageOffline = async (): Promise<void> => {
  if (!BUILT || !('serviceWorker' in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  // The only Trusted Types policy that the headers allow; it accepts only this URL.
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL: () => WORKER });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, {
      updateViaCache: 'none',
    });
  } catch {
    // The page works without the worker in a browser that stores nothing.
  }
};

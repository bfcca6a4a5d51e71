/** Written by the build: whether there is a service worker. */
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
 * Lets the page's service worker keep the page's files, so that it opens without a network and can be installed. Only
 * the build writes one, and pages from an origin that is not secure have none.
 */
export const keepPageOffline = async (): Promise<void> => {
  if (!BUILT || !('serviceWorker' in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  // The one policy that the headers allow knows one address.
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL: () => WORKER });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, {
      updateViaCache: 'none',
    });
  } catch {
    // A browser that keeps nothing gets along without.
  }
};

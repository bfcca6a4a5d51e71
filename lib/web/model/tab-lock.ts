const NAME = 'chat.tab';

/**
 * Lets one tab of a browser at a time hold the session. Two tabs would renew with the same refresh token, which the
 * service treats as theft, and would share an outbox.
 *
 * @param steal takes the session away from the tab that holds it
 * @param lost called when another tab takes the session away
 * @returns whether this tab now holds the session
 */
export const acquireTabLock = async (steal: boolean, lost: () => void): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Insecure origins have no locks; their tabs work without.
  if (!('locks' in navigator)) return true;
  let isHeld = false;
  navigator.locks
    .request(NAME, steal ? { steal } : { ifAvailable: true }, async (lock) => {
      isHeld = lock !== null;
      resolve(isHeld);
      if (lock !== null) await new Promise(() => undefined);
    })
    .catch(() => {
      // The lock was taken away, or could not be acquired at all: the tab then works without.
      if (isHeld) lost();
      else resolve(true);
    });
  return promise;
};

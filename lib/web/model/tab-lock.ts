const NAME = 'chat.tab';

/**
 * One tab of a browser holds the session at a time: two would renew the same refresh token, which the service takes
 * for theft, and keep the same outbox.
 *
 * @param steal takes it away from the tab that has it
 * @param lost called when another tab takes it away
 * @returns whether this tab holds it now
 */
export const holdTab = async (steal: boolean, lost: () => void): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Only pages from a secure origin have locks; the others get along without.
  if (!('locks' in navigator)) return true;
  let isHeld = false;
  navigator.locks
    .request(NAME, steal ? { steal } : { ifAvailable: true }, async (lock) => {
      isHeld = lock !== null;
      resolve(isHeld);
      if (lock !== null) await new Promise(() => undefined);
    })
    .catch(() => {
      // Taken away, or not to be had at all: then the tab gets along without.
      if (isHeld) lost();
      else resolve(true);
    });
  return promise;
};

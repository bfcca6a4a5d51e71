import { once } from 'node:events';
import { readFileSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { StoredMail } from '../../lib/local/mail-service.ts';

/** The mails of a local service. */
export interface Mailbox {
  /** Waits until an address has got so many mails. @returns them, the oldest first */
  waitFor(email: string, count?: number): Promise<StoredMail[]>;
}

/** Watches the folder of mails: each file is read once. @param directory where `npm start` says that mails are */
export const openMailbox = (directory: string): Mailbox => {
  const mails = new Map<string, StoredMail>();
  const look = (): void => {
    for (const name of readdirSync(directory).toSorted()) {
      if (name.endsWith('.json') && !mails.has(name)) {
        mails.set(name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as StoredMail);
      }
    }
  };
  return {
    waitFor: async (email, count = 1) => {
      const watcher = watch(directory);
      try {
        for (;;) {
          // Heard from before looking: what comes in between changes the folder again.
          const changed = once(watcher, 'change');
          look();
          const found = [...mails.values()].filter(({ to }) => to === email);
          if (found.length >= count) return found;
          await changed;
        }
      } finally {
        watcher.close();
      }
    },
  };
};

/** The mails of the service that `global-setup.ts` started. */
export const mailbox = (): Mailbox => openMailbox(join(process.env['TEST_DATA_DIRECTORY'] ?? '', 'mail'));

/** The token in a mail. @throws Error when it has none, or a link to elsewhere */
export const tokenIn = (mail: StoredMail | undefined, path: '/verify' | '/reset'): string => {
  const page = process.env['TEST_WEB_URL'] ?? '';
  const links = [...(mail?.text.matchAll(/https?:\S+/g) ?? [])].map(([link]) => new URL(link));
  const [link] = links;
  if (links.length !== 1 || link?.origin !== new URL(page).origin || link.pathname !== path) {
    throw new Error(`The mail has other links: ${links.join()}`);
  }
  return link.searchParams.get('token') ?? '';
};

import { once } from 'node:events';
import { readFileSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { StoredMail } from '../../lib/local/mail-service.ts';

/** The page that a mail's token belongs to. */
export type TokenPage = '/verify' | '/reset';

/** The mails of a local service. */
export interface Mailbox {
  /** Waits until an address has received this many mails. @returns the mails, oldest first */
  waitFor(email: string, count?: number): Promise<StoredMail[]>;
  /**
   * Waits until an address has received this many mails with a token for a page, ignoring other mails.
   *
   * @returns the token of the latest of them
   * @throws Error when that mail links to another origin
   */
  waitForToken(email: string, page: TokenPage, count?: number): Promise<string>;
}

/**
 * Watches the folder of mails, and reads each file once. @param directory the folder of mails that `npm start` prints
 */
export const openMailbox = (directory: string): Mailbox => {
  const mails = new Map<string, StoredMail>();
  const look = (): void => {
    for (const name of readdirSync(directory).toSorted()) {
      if (name.endsWith('.json') && !mails.has(name)) {
        mails.set(name, JSON.parse(readFileSync(join(directory, name), 'utf8')) as StoredMail);
      }
    }
  };
  const waitUntil = async (count: number, fits: (mail: StoredMail) => boolean): Promise<StoredMail[]> => {
    const watcher = watch(directory);
    try {
      for (;;) {
        // Listens before reading the folder: a file that arrives in between changes the folder again.
        const changed = once(watcher, 'change');
        look();
        const found = [...mails.values()].filter(fits);
        if (found.length >= count) return found;
        await changed;
      }
    } finally {
      watcher.close();
    }
  };
  return {
    waitFor: (email, count = 1) => waitUntil(count, ({ to }) => to === email),
    waitForToken: async (email, page, count = 1) => {
      const found = await waitUntil(count, ({ to, text }) => to === email && text.includes(`${page}?token=`));
      return tokenIn(found.at(-1), page);
    },
  };
};

/** The mails of the service that `global-setup.ts` has started. */
export const mailbox = (): Mailbox => openMailbox(join(process.env['TEST_DATA_DIRECTORY'] ?? '', 'mail'));

/**
 * The token in a mail of the service that `global-setup.ts` has started. @throws Error when there is none, or a link
 * leads to another origin
 */
export const tokenIn = (mail: StoredMail | undefined, page: TokenPage): string => {
  const links = [...(mail?.text.matchAll(/https?:\S+/g) ?? [])].map(([link]) => new URL(link));
  const [link] = links;
  const { origin } = new URL(process.env['TEST_WEB_URL'] ?? '');
  if (links.length !== 1 || link?.origin !== origin || link.pathname !== page) {
    throw new Error(`The mail has other links: ${links.join()}`);
  }
  return link.searchParams.get('token') ?? '';
};

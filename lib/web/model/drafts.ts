import { signal, type ReadonlySignal } from '@preact/signals';

// A key for each user: who logs in next on this device finds nothing of theirs.
const keyOf = (userId: number): string => `chat.drafts.${userId}`;

type Drafts = ReadonlyMap<number, string>;

const stored = (userId: number): Drafts => {
  try {
    const entries = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]') as unknown;
    return new Map(
      (Array.isArray(entries) ? (entries as unknown[]) : []).filter(
        (entry): entry is [number, string] =>
          Array.isArray(entry) && typeof entry[0] === 'number' && typeof entry[1] === 'string',
      ),
    );
  } catch {
    return new Map();
  }
};

let owner = 0;
let drafts: Drafts = new Map();
const listed = signal<Drafts>(drafts);

/** What was begun and not sent, by chat, as of when the last composer was left. */
export const listedDrafts: ReadonlySignal<Drafts> = listed;

/** Takes up what a user began, here or before the page was loaded. */
export const openDrafts = (userId: number): void => {
  owner = userId;
  drafts = stored(userId);
  listed.value = drafts;
};

export const draftOf = (chatId: number): string => drafts.get(chatId) ?? '';

export const keepDraft = (chatId: number, text: string): void => {
  const next = new Map(drafts);
  // The latest is the last one.
  next.delete(chatId);
  if (text.trim() !== '') next.set(chatId, text);
  drafts = next;
  if (owner === 0) return;
  try {
    if (next.size === 0) localStorage.removeItem(keyOf(owner));
    else localStorage.setItem(keyOf(owner), JSON.stringify([...next]));
  } catch {
    // A browser that keeps nothing has them until the page is closed.
  }
};

/** Shows in the list what was begun: not at every key, which would draw the list anew. */
export const listDrafts = (): void => void (listed.value = drafts);

/** Nobody is logged in. What was begun stays for the same user, unless they logged out themselves. */
export const closeDrafts = ({ forget = false } = {}): void => {
  try {
    if (forget) localStorage.removeItem(keyOf(owner));
  } catch {
    // Nothing was kept.
  }
  owner = 0;
  drafts = new Map();
  listed.value = drafts;
};

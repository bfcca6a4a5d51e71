import { signal, type ReadonlySignal } from '@preact/signals';
import type { Message } from '../../../functions/contract/schemas.ts';

// One key per user, so that the next user who logs in on this device does not see the drafts.
const keyOf = (userId: number): string => `chat.drafts.${userId}`;

/** The unsent input of a user in a chat. */
export interface Draft {
  readonly text: string;
  /** The message that the draft replies to. */
  readonly replyTo?: Message | undefined;
  /** The unfinished change of a sent message. */
  readonly edit?: { readonly message: Message; readonly text: string } | undefined;
}

type Drafts = ReadonlyMap<number, Draft>;

const none: Draft = { text: '' };

/** Parses a stored draft, which any version of the page may have written. */
const draftIn = (stored: unknown): Draft | undefined => {
  if (typeof stored === 'string') return { text: stored };
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { text, replyTo, edit } = stored as Partial<Draft>;
  if (typeof text !== 'string') return undefined;
  return {
    text,
    ...(typeof replyTo?.id === 'number' ? { replyTo } : {}),
    ...(typeof edit?.message?.id === 'number' && typeof edit.text === 'string' ? { edit } : {}),
  };
};

const stored = (userId: number): Drafts => {
  try {
    const entries = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]') as unknown;
    const found = new Map<number, Draft>();
    for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
      if (!Array.isArray(entry) || typeof entry[0] !== 'number') continue;
      const draft = draftIn(entry[1]);
      if (draft !== undefined) found.set(entry[0], draft);
    }
    return found;
  } catch {
    return new Map();
  }
};

let owner = 0;
const drafts = signal<Drafts>(new Map());
const listed = signal<Drafts>(drafts.peek());

/** The drafts that have a text, by chat, as of when the user last left a composer. */
export const listedDrafts: ReadonlySignal<Drafts> = listed;

/** Loads the drafts of a user from an earlier visit. */
export const openDrafts = (userId: number): void => {
  owner = userId;
  drafts.value = stored(userId);
  listDrafts();
};

/** The draft of a chat. */
export const draftOf = (chatId: number): Draft => drafts.value.get(chatId) ?? none;

/** Changes the draft of a chat. */
export const keepDraft = (chatId: number, change: Partial<Draft>): void => {
  const draft = { ...drafts.peek().get(chatId), ...change };
  const { text = '', replyTo, edit } = draft;
  const next = new Map(drafts.peek());
  // Moves the draft to the end: the map is ordered by last change.
  next.delete(chatId);
  if (text !== '' || replyTo !== undefined || edit !== undefined) next.set(chatId, { ...draft, text });
  drafts.value = next;
  if (owner === 0) return;
  try {
    if (next.size === 0) localStorage.removeItem(keyOf(owner));
    else localStorage.setItem(keyOf(owner), JSON.stringify([...next]));
  } catch {
    // A browser without storage keeps the drafts only until the page is closed.
  }
};

/**
 * Adds a text to an empty draft. Used for an unsent message that the user takes back: a text that the user has written
 * since stays.
 */
export const giveBack = (chatId: number, text: string): void => {
  if ((drafts.peek().get(chatId)?.text ?? '').trim() === '') keepDraft(chatId, { text });
};

/** Publishes the drafts to the list of chats. Not called on every key press, which would render the list each time. */
export const listDrafts = (): void => {
  listed.value = new Map([...drafts.peek()].filter(([, { text }]) => text.trim() !== ''));
};

/**
 * Called when nobody is logged in any more. The drafts stay stored for the same user, unless that user has logged out
 * (`forget`).
 */
export const closeDrafts = ({ forget = false } = {}): void => {
  try {
    if (forget) localStorage.removeItem(keyOf(owner));
  } catch {
    // The browser has no storage, so nothing was stored.
  }
  owner = 0;
  drafts.value = new Map();
  listDrafts();
};

import { signal, type ReadonlySignal } from '@preact/signals';
import type { Message } from '../../../functions/contract/schemas.ts';

// A key for each user: who logs in next on this device finds nothing of theirs.
const keyOf = (userId: number): string => `chat.drafts.${userId}`;

/** What somebody began to write in a chat. */
export interface Draft {
  readonly text: string;
  /** The message that it replies to. */
  readonly replyTo?: Message | undefined;
}

type Drafts = ReadonlyMap<number, Draft>;

const none: Draft = { text: '' };

/** A draft as it was stored, by whatever version of the page. */
const draftIn = (stored: unknown): Draft | undefined => {
  if (typeof stored === 'string') return { text: stored };
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { text, replyTo } = stored as Partial<Draft>;
  if (typeof text !== 'string') return undefined;
  return typeof replyTo === 'object' && typeof replyTo.id === 'number' ? { text, replyTo } : { text };
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

/** What was begun and not sent, by chat, as of when the last composer was left. */
export const listedDrafts: ReadonlySignal<Drafts> = listed;

/** Takes up what a user began, here or before the page was loaded. */
export const openDrafts = (userId: number): void => {
  owner = userId;
  drafts.value = stored(userId);
  listed.value = drafts.value;
};

/** What was begun in a chat, without a subscription to its changes. */
export const draftOf = (chatId: number): Draft => drafts.peek().get(chatId) ?? none;

/** The message that the draft of a chat replies to. */
export const replyTargetOf = (chatId: number): Message | undefined => drafts.value.get(chatId)?.replyTo;

/** Changes what was begun in a chat. */
export const keepDraft = (chatId: number, change: Partial<Draft>): void => {
  const draft = { ...draftOf(chatId), ...change };
  const next = new Map(drafts.peek());
  // The latest is the last one.
  next.delete(chatId);
  if (draft.text.trim() !== '' || draft.replyTo !== undefined) next.set(chatId, draft);
  drafts.value = next;
  if (owner === 0) return;
  try {
    if (next.size === 0) localStorage.removeItem(keyOf(owner));
    else localStorage.setItem(keyOf(owner), JSON.stringify([...next]));
  } catch {
    // A browser that keeps nothing has them until the page is closed.
  }
};

/** Shows in the list what was begun: not at every key, which would draw the list anew. */
export const listDrafts = (): void => void (listed.value = drafts.peek());

/** Nobody is logged in. What was begun stays for the same user, unless they logged out themselves. */
export const closeDrafts = ({ forget = false } = {}): void => {
  try {
    if (forget) localStorage.removeItem(keyOf(owner));
  } catch {
    // Nothing was kept.
  }
  owner = 0;
  drafts.value = new Map();
  listed.value = drafts.value;
};

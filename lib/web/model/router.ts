import { signal, type ReadonlySignal } from '@preact/signals';
import { openedPath } from './opened-link.ts';

/** The panel that is open beside a chat. */
export type Panel = 'details' | 'search';

/** The page that is open in place of a chat. */
export type Page = 'mentions' | 'invite' | 'moderation';

/** The current place within the page. It is stored in the address, so that reloading and going back work. */
export interface Route {
  readonly chatId: number | undefined;
  /** The page that is open in place of a chat, if any. */
  readonly page: Page | undefined;
  /** The report that is open on the moderators' page. */
  readonly reportId: number | undefined;
  readonly panel: Panel | undefined;
  /** Whether the address does not belong to this page. */
  readonly isUnknown: boolean;
}

/** Parses a path into a place. People often shorten addresses by hand, so `/chat/5` means `/chats/5`. */
export const parsePath = (path: string): Route => {
  const [, chatId, panel] = /^\/chats?\/([1-9]\d{0,14})(?:\/(details|search))?\/?$/.exec(path) ?? [];
  const [, reportId] = /^\/moderation\/([1-9]\d{0,14})\/?$/.exec(path) ?? [];
  const [, named] = /^\/(mentions|invite|moderation)\/?$/.exec(path) ?? [];
  const page = reportId === undefined ? named : 'moderation';
  return {
    chatId: chatId === undefined ? undefined : Number(chatId),
    page: page as Page | undefined,
    reportId: reportId === undefined ? undefined : Number(reportId),
    panel: panel as Panel | undefined,
    isUnknown: chatId === undefined && page === undefined && !/^\/(?:chats?\/?|index\.html)?$/.test(path),
  };
};

const current = signal(parsePath(openedPath));
addEventListener('popstate', () => {
  current.value = parsePath(location.pathname);
});

export const route: ReadonlySignal<Route> = current;

export const pathOf = ({ chatId, page, panel, reportId }: Partial<Route>): string =>
  chatId === undefined
    ? `/${page ?? ''}${reportId === undefined ? '' : `/${reportId}`}`
    : `/chats/${chatId}${panel === undefined ? '' : `/${panel}`}`;

/** Navigates within the page. `replace` adds no entry to the history. */
export const navigate = (to: Partial<Route>, { replace = false } = {}): void => {
  const path = pathOf(to);
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  current.value = parsePath(path);
};

/** The id of the current history entry, if `addStep` has created it. */
const stepHere = (): number | undefined => (history.state as { readonly step?: number } | null)?.step;

/**
 * Adds a history entry for something that covers the page: going back closes it instead of leaving the page.
 *
 * @returns a function that removes the entry again, for when the cover was closed in another way
 */
export const addStep = (onBack: () => void): (() => void) => {
  const step = Math.random();
  history.pushState({ step }, '');
  const look = (): void => {
    if (stepHere() !== step) onBack();
  };
  addEventListener('popstate', look);
  return () => {
    removeEventListener('popstate', look);
    if (stepHere() === step) history.back();
  };
};

/**
 * By history entry: the text that was searched there. Not stored in the history itself, where the next user who logs in
 * would find it.
 */
const typed = new Map<number, string>();

/** The text that was typed into the search at this history entry, before the user navigated away. */
export const savedSearchText = (): string => typed.get(stepHere() ?? 0) ?? '';

export const saveSearchText = (text: string): void => {
  const step = stepHere() ?? Math.random();
  history.replaceState({ step }, '');
  typed.set(step, text);
};

export const forgetSearchTexts = (): void => typed.clear();

/**
 * The `seq` at which the chat is to be opened. A notification puts it into the address; `takeSeqFromAddress` removes it
 * from there.
 */
let openedSeq = Number(/^#([1-9]\d{0,14})$/.exec(location.hash)?.[1] ?? 0);
export const takeSeqFromAddress = (): number | undefined => {
  const seq = openedSeq;
  openedSeq = 0;
  if (seq !== 0) history.replaceState(null, '', location.pathname);
  return seq === 0 ? undefined : seq;
};

/** Replaces other spellings of the address by the canonical one. */
export const canonicalizeAddress = (): void => {
  if (!current.peek().isUnknown) navigate(current.peek(), { replace: true });
};

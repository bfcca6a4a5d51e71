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
export const route: ReadonlySignal<Route> = current;

export const pathOf = ({ chatId, page, panel, reportId }: Partial<Route>): string =>
  chatId === undefined
    ? `/${page ?? ''}${reportId === undefined ? '' : `/${reportId}`}`
    : `/chats/${chatId}${panel === undefined ? '' : `/${panel}`}`;

/** The id of the current history entry, if `addStep` or a search has given it one. */
const stepHere = (): number => (history.state as { readonly step?: number } | null)?.step ?? 0;

/** What covers the page, the topmost last, each with its entry. */
let covers: readonly { readonly step: number; readonly onBack: () => boolean | void }[] = [];
/** The entries of covers that are closed. They are removed as soon as the browser comes to them. */
const closed = new Set<number>();

/** What waits while the browser leaves entries of closed covers; undefined when it leaves none. */
let waiting: (() => void)[] | undefined;

/** Changes the history, after the browser has gone back: else it would leave a new entry instead of the closed one. */
const whenAtRest = (change: () => void): void => {
  if (waiting === undefined) change();
  else waiting.push(change);
};

const leave = (): void => {
  waiting ??= [];
  history.back();
};

addEventListener('popstate', () => {
  const here = stepHere();
  if (closed.has(here)) {
    leave();
    return;
  }
  current.value = parsePath(location.pathname);
  const above = covers.slice(covers.findIndex(({ step }) => step === here) + 1);
  for (const { step, onBack } of above.toReversed()) {
    if (onBack() === false) history.pushState({ step }, '');
  }
  const changes = waiting ?? [];
  waiting = undefined;
  for (const change of changes) change();
});

/** Navigates within the page. `replace` adds no entry to the history. */
export const navigate = (to: Partial<Route>, { replace = false } = {}): void =>
  whenAtRest(() => {
    const path = pathOf(to);
    const here = stepHere();
    // The entry of a cover shows nothing of its own.
    const isCover = closed.has(here) || covers.some(({ step }) => step === here);
    if (path !== location.pathname)
      history[replace || isCover ? 'replaceState' : 'pushState'](null, '', path);
    current.value = parsePath(path);
  });

/**
 * Adds a history entry for something that covers the page: going back closes it instead of leaving the page.
 *
 * @param onBack returns false when the cover stays open
 * @returns a function that removes the entry again, to be called when the cover is closed
 */
export const addStep = (onBack: () => boolean | void): (() => void) => {
  const step = Math.random();
  let isOver = false;
  whenAtRest(() => {
    if (isOver) return;
    // A dialog that is opened from a menu gets the menu's entry.
    history[closed.has(stepHere()) ? 'replaceState' : 'pushState']({ step }, '');
    covers = [...covers, { step, onBack }];
  });
  return () => {
    isOver = true;
    covers = covers.filter((one) => one.step !== step);
    closed.add(step);
    setTimeout(() => {
      if (waiting === undefined && closed.has(stepHere())) leave();
    });
  };
};

/**
 * By history entry: the text that was searched there. Not stored in the history itself, where the next user who logs in
 * would find it.
 */
const typed = new Map<number, string>();

/** The text that was typed into the search at this history entry, before the user navigated away. */
export const savedSearchText = (): string => typed.get(stepHere()) ?? '';

export const saveSearchText = (text: string): void => {
  const step = stepHere() || Math.random();
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

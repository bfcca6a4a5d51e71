import { signal, type ReadonlySignal } from '@preact/signals';
import { openedPath } from './opened-link.ts';

/** What is open beside a chat. */
export type Panel = 'details' | 'search';

/** What is open in the place of a chat. */
export type Page = 'mentions' | 'invite' | 'moderation';

/** Where one is on the page: the address says it, so that reloading and going back work. */
export interface Route {
  readonly chatId: number | undefined;
  /** What is open in the place of a chat. */
  readonly page: Page | undefined;
  /** The report that is open on the page of moderators. */
  readonly reportId: number | undefined;
  readonly panel: Panel | undefined;
  /** Whether the address is none of this page's. */
  readonly isUnknown: boolean;
}

/** The place that a path names. Addresses of a chat are often shortened by hand: `/chat/5` is `/chats/5`. */
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

/** Goes somewhere on the page. `replace`: without leaving a step to come back to. */
export const navigate = (to: Partial<Route>, { replace = false } = {}): void => {
  const path = pathOf(to);
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  current.value = parsePath(path);
};

/** The step of the browser's history that one is at, if it was given a number. */
const stepHere = (): number | undefined => (history.state as { readonly step?: number } | null)?.step;

/**
 * Adds a step to the history for what covers the page: the way back closes it, and leads nowhere else yet.
 *
 * @returns takes the step away again, for what was closed in another way
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

/** By step: what was looked for there. Not in the history itself, where whoever logs in next would find it. */
const typed = new Map<number, string>();

/** What was typed into the search at this step, before one went on from it. */
export const typedHere = (): string => typed.get(stepHere() ?? 0) ?? '';

export const keepTyped = (text: string): void => {
  const step = stepHere() ?? Math.random();
  history.replaceState({ step }, '');
  typed.set(step, text);
};

export const forgetTyped = (): void => typed.clear();

/** The message at which a chat is to be opened: a notification names it, and then it is gone from the address. */
let openedSeq = Number(/^#([1-9]\d{0,14})$/.exec(location.hash)?.[1] ?? 0);
export const seqInAddress = (): number | undefined => {
  const seq = openedSeq;
  openedSeq = 0;
  if (seq !== 0) history.replaceState(null, '', location.pathname);
  return seq === 0 ? undefined : seq;
};

/** Writes the address as the page writes it, where somebody came by another spelling of it. */
export const settleAddress = (): void => {
  if (!current.peek().isUnknown) navigate(current.peek(), { replace: true });
};

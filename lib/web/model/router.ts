import { signal, type ReadonlySignal } from '@preact/signals';

/** Where one is on the page: the address says it, so that reloading and going back work. */
export interface Route {
  readonly chatId: number | undefined;
  /** Whether the panel about the chat is open. */
  readonly details: boolean;
}

const parse = (path: string): Route => {
  const [, chatId, details] = /^\/chats\/([1-9]\d{0,15})(\/details)?$/.exec(path) ?? [];
  return { chatId: chatId === undefined ? undefined : Number(chatId), details: details !== undefined };
};

const current = signal(parse(location.pathname));
addEventListener('popstate', () => {
  current.value = parse(location.pathname);
});

export const route: ReadonlySignal<Route> = current;

export const pathOf = ({ chatId, details }: Partial<Route>): string =>
  chatId === undefined ? '/' : `/chats/${chatId}${details === true ? '/details' : ''}`;

/** Goes somewhere on the page. `replace`: without leaving a step to come back to. */
export const navigate = (to: Partial<Route>, { replace = false } = {}): void => {
  const path = pathOf(to);
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  current.value = parse(path);
};

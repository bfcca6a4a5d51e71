import type { ChatClient } from '../chat-client.ts';
import { createChatView, type ChatView } from '../view/chat-view.ts';
import { createSignals } from '../view/signals.ts';

/** The view of a client, shared by all hooks. It follows the client while a component is subscribed. */
export interface ObservedView extends ChatView {
  /** Subscribes a component to every change. @returns a function that unsubscribes it */
  readonly subscribe: (listener: () => void) => () => void;
}

const observe = (client: ChatClient): ObservedView => {
  const signals = createSignals();
  const view = createChatView(client, signals);
  let components = 0;
  let detach = (): void => undefined;
  return {
    ...view,
    subscribe: (listener) => {
      const end = signals.subscribe(listener);
      components += 1;
      if (components === 1) detach = view.attach();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        end();
        components -= 1;
        if (components === 0) detach();
      };
    },
  };
};

const views = new WeakMap<ChatClient, ObservedView>();

/** The view of a client; one per client. */
export const viewOf = (client: ChatClient): ObservedView => {
  const view = views.get(client) ?? observe(client);
  views.set(client, view);
  return view;
};

import type { ChatClient } from '../chat-client.ts';
import { createChatView, type ChatView } from '../view/chat-view.ts';
import { createSignals } from '../view/signals.ts';
import { createPeopleView, type PeopleView } from './people-view.ts';

/** The view of a client, shared by all hooks. It follows the client while a component is subscribed. */
export interface ObservedView extends Omit<ChatView, 'attach'>, Omit<PeopleView, 'attach'> {
  /** Subscribes a component to every change. @returns a function that unsubscribes it */
  readonly subscribe: (listener: () => void) => () => void;
}

const observe = (client: ChatClient): ObservedView => {
  const signals = createSignals();
  const { attach: attachView, ...view } = createChatView(client, signals);
  const { attach: attachPeople, ...people } = createPeopleView(client, signals);
  let components = 0;
  let ends: (() => void)[] = [];
  return {
    ...view,
    ...people,
    subscribe: (listener) => {
      const end = signals.subscribe(listener);
      components += 1;
      if (components === 1) ends = [attachView(), attachPeople()];
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        end();
        components -= 1;
        if (components === 0) for (const detach of ends) detach();
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

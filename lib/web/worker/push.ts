import { createNotes } from './notes.ts';
import { createNotifier, type NotificationData, type Shown } from './notifier.ts';
import { addressOfMessage, type NotableMessage, type ToPage, type ToWorker } from './protocol.ts';

declare const self: ServiceWorkerGlobalScope;

/** The longest wait for a page's answer, in milliseconds; a slower page is treated as not answering. */
const ANSWER_MS = 1000;

/** Sends a question to a page. @returns undefined when the page does not answer in time */
const ask = (client: Client, question: ToPage): Promise<unknown> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }) => resolve(data));
    port1.start();
    setTimeout(() => resolve(undefined), ANSWER_MS);
    client.postMessage(question, [port2]);
  });

/** All tabs of the page, including those that were opened before the worker was installed. */
const listPages = (): Promise<readonly WindowClient[]> =>
  self.clients.matchAll({ type: 'window', includeUncontrolled: true });

const notifier = createNotifier({
  notes: createNotes(),
  show: ({ title, ...options }: Shown) =>
    // TypeScript's types lack `renotify`, since not all browsers support it.
    self.registration.showNotification(title, { ...options, icon: '/icon-192.png', badge: '/icon-192.png' }),
  listOpen: async () =>
    (await self.registration.getNotifications()).map((one) => ({
      title: one.title,
      body: one.body,
      tag: one.tag,
      data: one.data as NotificationData,
      silent: true,
      close: () => one.close(),
    })),
  isLookedAt: async (chat_id) => {
    const focused = (await listPages()).find((page) => page.focused);
    return focused !== undefined && (await ask(focused, { type: 'shows', chat_id })) === true;
  },
  setBadge: (count) => {
    if ('setAppBadge' in navigator) void navigator.setAppBadge(count).catch(() => undefined);
  },
});

/** Opens a chat at a message: in the tab that holds the session, or else in a new window. */
const open = async ({ chat_id, seq }: NotificationData): Promise<void> => {
  const pages = await listPages();
  const answers = await Promise.all(pages.map((page) => ask(page, { type: 'open', chat_id, seq })));
  const page = pages[answers.indexOf(true)];
  await (page === undefined ? self.clients.openWindow(addressOfMessage(chat_id, seq)) : page.focus());
};

/** Registers the listeners for push messages, messages from pages, and clicks on notifications. */
export const receivePushes = (): void => {
  self.addEventListener('push', (event) => {
    let message: (NotableMessage & { readonly type: string }) | undefined;
    try {
      message = event.data?.json() as typeof message;
    } catch {
      // Only this service can push, so the message is from another version of it.
    }
    if (message?.type === 'message') event.waitUntil(notifier.notify(message));
  });

  self.addEventListener('message', (event) => {
    const message = event.data as ToWorker;
    switch (message.type) {
      case 'message':
        return event.waitUntil(notifier.notify(message));
      case 'read':
        return event.waitUntil(notifier.markRead(message.marks));
      case 'sound':
        return event.waitUntil(notifier.keepSound(message.isOn));
      case 'forget':
        return event.waitUntil(notifier.forget());
    }
  });

  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(open(event.notification.data as NotificationData));
  });

  // The worker has no session to register the new subscription with. An open page registers it, or the next one that is
  // opened.
  self.addEventListener('pushsubscriptionchange', (event) => {
    const renew = async (): Promise<void> => {
      const options = event.oldSubscription?.options;
      if (event.newSubscription === null && options !== undefined) {
        await self.registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: options.applicationServerKey,
        });
      }
      for (const page of await listPages())
        page.postMessage({ type: 'subscription_changed' } satisfies ToPage);
    };
    event.waitUntil(renew());
  });
};

import { effect, signal } from '@preact/signals';
import { createApi } from '../../client/api/create-api.ts';
import type { ChatClient } from '../../client/chat-client.ts';
import { excerptOf } from '../../client/quote-of.ts';
import { isMentioned } from '../../client/quotes.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import type { ToPage, ToWorker } from '../worker/protocol.ts';
import { browserName } from './browser-name.ts';
import { choiceOf, keepChoice } from './notification-choice.ts';
import { createNotificationSettings, DEFAULT_SETTINGS } from './notification-settings.ts';
import { route } from './router.ts';
import { summaryOf } from './summary.ts';
import { wantsNotification } from './wants-notification.ts';

/** Dependencies of the notifications on the rest of the page's model. */
export interface NotificationEffects {
  readonly chats: () => Iterable<Chat>;
  readonly isBlocked: (userId: number) => boolean;
  /** The number of unread messages in all chats that are not muted. */
  readonly unread: () => number;
  readonly open: (chatId: number, seq: number) => void;
  /** Aborted when this page no longer has the session. */
  readonly until: AbortSignal;
}

const workerOf = async (): Promise<ServiceWorkerRegistration | undefined> =>
  'serviceWorker' in navigator ? navigator.serviceWorker.getRegistration() : undefined;

const postToWorker = async (message: ToWorker): Promise<void> => {
  (await workerOf())?.active?.postMessage(message);
};

const bytesOf = (key: string): string =>
  atob(key.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''));

/** The browser's push subscription for the service's key: the existing one, or a new one. */
const subscribe = async (
  { pushManager }: ServiceWorkerRegistration,
  key: string,
): Promise<PushSubscription> => {
  const before = await pushManager.getSubscription();
  const own = new Uint8Array(before?.options.applicationServerKey ?? new ArrayBuffer(0));
  if (before !== null && String.fromCharCode(...own) === bytesOf(key)) return before;
  // Browsers refuse a second subscription with another key.
  await before?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
};

/**
 * The notifications of this browser. The service worker shows them, since only the worker receives messages while no
 * page is open.
 */
export const createNotifications = (client: ChatClient, effects: NotificationEffects) => {
  const api = createApi(client);
  /**
   * `denied`: the user has blocked notifications in the browser. `on`: the user is notified while a page is open; see
   * `isPushed`.
   */
  const state = signal<'unsupported' | 'off' | 'denied' | 'on'>('unsupported');
  /** Whether this browser receives push messages, also while no page is open. */
  const isPushed = signal(false);
  /** Whether the page shows the offer of notifications. */
  const isOffered = signal(false);
  const hasSound = signal(false);
  const ownSettings = createNotificationSettings(api);
  const { settings, load: loadSettings } = ownSettings;
  /** The id of this browser's push device at the service. */
  const deviceId = signal<number | undefined>(undefined);
  let userId = 0;
  /** By chat: the read mark that the service worker last received. */
  const sentMarks = new Map<number, number>();

  const isSupported = async (): Promise<boolean> =>
    'Notification' in globalThis && (await workerOf()) !== undefined;

  const pushHere = async (): Promise<void> => {
    const own = userId;
    try {
      const [{ push }, registration] = await Promise.all([api.getInfo(), workerOf()]);
      if (registration === undefined || !push.kinds.includes('web_push')) return;
      const subscription = await subscribe(registration, push.vapid_public_key);
      const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = subscription.toJSON();
      if (own !== userId) return;
      // Registers at each start, since the service removes a device together with its session.
      const device = await api.registerDevice({
        kind: 'web_push',
        endpoint,
        keys: { p256dh, auth },
        name: browserName(navigator.userAgent),
      });
      if (own !== userId) return;
      deviceId.value = device.id;
      isPushed.value = true;
    } catch {
      // There is no push service, or it is unreachable: the user is then notified only while a page is open.
    }
  };

  const begin = async (): Promise<void> => {
    state.value = 'on';
    sentMarks.clear();
    await postToWorker({ type: 'sound', isOn: hasSound.peek() });
    postReadMarks();
    await Promise.all([pushHere(), loadSettings().catch(() => undefined)]);
  };

  const end = async (): Promise<void> => {
    isPushed.value = false;
    deviceId.value = undefined;
    sentMarks.clear();
    try {
      const registration = await workerOf();
      registration?.active?.postMessage({ type: 'forget' } satisfies ToWorker);
      await (await registration?.pushManager?.getSubscription())?.unsubscribe();
    } catch {
      // A subscription that could not be ended receives nothing more: the service has removed its device with the
      // session, or `turnOff` removes it.
    }
  };

  /**
   * Sends moved read marks to the worker, which then closes the notifications of messages that were read here or
   * elsewhere.
   */
  const postReadMarks = (): void => {
    if (state.peek() !== 'on') return;
    const marks = [...effects.chats()].flatMap(({ id, last_read_seq: seq }) =>
      seq > (sentMarks.get(id) ?? 0) ? [[id, seq] as const] : [],
    );
    if (marks.length === 0) return;
    for (const [id, seq] of marks) sentMarks.set(id, seq);
    void postToWorker({ type: 'read', marks });
  };

  /** Runs an effect until this page loses the session. */
  const follow = (run: () => void): void => effects.until.addEventListener('abort', effect(run));
  follow(() => {
    // Reads the chats to subscribe to them, even while `postReadMarks` returns early.
    void effects.chats();
    postReadMarks();
  });
  follow(() => {
    const unread = effects.unread();
    if (!('setAppBadge' in navigator)) return;
    navigator.setAppBadge(unread).catch(() => {
      // An application that is not installed has no icon to badge.
    });
  });

  if ('serviceWorker' in navigator) {
    const answer = ({ data, ports: [port] }: MessageEvent): void => {
      if (client.user === undefined) return;
      const asked = data as ToPage;
      if (asked.type === 'shows') port?.postMessage(route.peek().chatId === asked.chat_id);
      if (asked.type === 'open') {
        port?.postMessage(true);
        effects.open(asked.chat_id, asked.seq);
      }
      if (asked.type === 'subscription_changed' && state.peek() === 'on') void pushHere();
    };
    navigator.serviceWorker.addEventListener('message', answer, { signal: effects.until });
    navigator.serviceWorker.startMessages();
  }

  /** Shows the offer of notifications when there is a reason for it, unless the user has decided already. */
  const offer = (): void => {
    if (state.peek() === 'off' && choiceOf(userId).wants === undefined) isOffered.value = true;
  };

  return {
    state,
    isPushed,
    isOffered,
    hasSound,
    settings,
    deviceId,
    loadSettings,
    offer,

    /** Called when a user is logged in: applies the user's decision for this browser. */
    enter: async (id: number): Promise<void> => {
      userId = id;
      const { wants, sound } = choiceOf(id);
      hasSound.value = sound === true;
      isOffered.value = false;
      ownSettings.forget();
      if (!(await isSupported()) || userId !== id) return;
      state.value = Notification.permission === 'denied' ? 'denied' : 'off';
      if (wants === 'on' && Notification.permission === 'granted') await begin();
    },
    /** Called when nobody is logged in any more. */
    leave: async (): Promise<void> => {
      userId = 0;
      isOffered.value = false;
      if (state.peek() === 'unsupported') return;
      state.value = 'off';
      await end();
    },

    /** Requests permission from the browser. Call only on a user gesture: browsers ask the user only then. */
    turnOn: async (): Promise<void> => {
      isOffered.value = false;
      const answer = await Notification.requestPermission();
      if (answer !== 'granted') {
        state.value = answer === 'denied' ? 'denied' : 'off';
        return;
      }
      keepChoice(userId, { wants: 'on' });
      await begin();
    },
    turnOff: async (): Promise<void> => {
      keepChoice(userId, { wants: 'off' });
      state.value = 'off';
      const { value: id } = deviceId;
      await end();
      if (id !== undefined) await api.removeDevice(id);
    },
    /** Hides the offer for good; notifications can still be turned on in the settings. */
    decline: (): void => {
      isOffered.value = false;
      keepChoice(userId, { wants: 'later' });
    },
    setSound: (isOn: boolean): void => {
      hasSound.value = isOn;
      keepChoice(userId, { sound: isOn });
      void postToWorker({ type: 'sound', isOn });
    },
    saveSettings: ownSettings.save,

    /** Called for each new message of another user. */
    note: (message: Message, chat: Chat): void => {
      const isHere = !document.hidden && document.hasFocus();
      if (isHere) return;
      offer();
      if (state.peek() !== 'on') return;
      const { preview, quiet } = settings.peek() ?? DEFAULT_SETTINGS;
      const user = { id: userId, quiet, hasBlockedSender: effects.isBlocked(message.sender_id) };
      if (!wantsNotification(message, chat, user, new Date())) return;
      const text = preview ? excerptOf(summaryOf(message)) : '';
      void postToWorker({
        type: 'message',
        chat_id: chat.id,
        seq: message.seq,
        chat_name: chat.name,
        sender_username: message.sender_username,
        preview: text === '' ? null : text,
        mention: isMentioned(message, userId),
        unread_total: null,
      });
    },
  };
};

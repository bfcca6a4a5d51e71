import type { NotableMessage } from './protocol.ts';

/** The notes about one chat. */
export interface Noted {
  /** The `seq` of the last message with a notification. */
  readonly seq: number;
  /** The user's read mark. */
  readonly read: number;
}

/** Notes that survive the worker, which browsers stop after a few seconds. No method throws. */
export interface Notes {
  chat(chatId: number): Promise<Noted>;
  keepChat(chatId: number, noted: Noted): Promise<void>;
  hasSound(): Promise<boolean>;
  keepSound(isOn: boolean): Promise<void>;
  erase(): Promise<void>;
}

/** The data that is attached to a notification. */
export interface NotificationData {
  readonly chat_id: number;
  readonly seq: number;
  /** The number of messages that the notification stands for. */
  readonly count: number;
}

/** A notification as `ServiceWorkerRegistration.showNotification` takes it. */
export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly data: NotificationData;
  readonly silent: boolean;
  /** Whether the notification alerts the user again although it replaces another one. */
  readonly renotify: boolean;
}

export interface NotifierEffects {
  readonly notes: Notes;
  readonly show: (notification: Shown) => Promise<void>;
  /** The notifications that the user has neither clicked nor dismissed. */
  readonly listOpen: () => Promise<readonly (Omit<Shown, 'renotify'> & { close(): void })[]>;
  /** Whether the focused tab shows a chat. */
  readonly isLookedAt: (chatId: number) => Promise<boolean>;
  /** Shows a number on the application's icon, where there is one. */
  readonly setBadge: (count: number) => void;
}

const tagOf = (chatId: number): string => `chat-${chatId}`;

const bodyOf = (message: NotableMessage, count: number): string => {
  const { chat_name, preview, sender_username: sender, mention } = message;
  const isGroup = chat_name !== null;
  const who = mention && isGroup ? `${sender} mentions you` : isGroup ? sender : undefined;
  const latest = preview === null ? undefined : who === undefined ? preview : `${who}: ${preview}`;
  if (count > 1) return [`${count} new messages`, ...(latest === undefined ? [] : [latest])].join('\n');
  return latest ?? 'New message';
};

/**
 * Decides about all notifications: for pushed messages and for those that a hidden page has received. Each message
 * therefore causes one notification, whichever way it arrives first. There is one notification per chat.
 */
export const createNotifier = ({ notes, show, listOpen, isLookedAt, setBadge }: NotifierEffects) => {
  /** Runs the calls one after another: two concurrent messages of a chat would both replace the same notification. */
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const done = queue.then(run);
    queue = done.catch(() => undefined);
    return done;
  };

  const notify = async (message: NotableMessage): Promise<void> => {
    const { chat_id: chatId, seq, unread_total: total } = message;
    if (total !== null) setBadge(total);
    const noted = await notes.chat(chatId);
    if (seq <= noted.read) return;
    const open = await listOpen();
    const tag = tagOf(chatId);
    const before = open.find((one) => one.tag === tag);
    if (seq <= noted.seq) {
      // Browsers require a notification for each push message and otherwise show a default one: show the existing one
      // again.
      if (before !== undefined) {
        const { title, body, data } = before;
        await show({ title, body, tag, data, silent: true, renotify: false });
      }
      return;
    }
    if (await isLookedAt(chatId)) return;
    const count = Math.max(1, Math.min((before?.data.count ?? 0) + 1, total ?? Infinity));
    // When nothing else is unread, the other chats were read elsewhere, and their notifications are closed.
    if (total !== null && total <= count) for (const one of open) if (one.tag !== tag) one.close();
    const silent = !(await notes.hasSound());
    await show({
      title: message.chat_name ?? message.sender_username,
      body: bodyOf(message, count),
      tag,
      data: { chat_id: chatId, seq, count },
      silent,
      renotify: !silent,
    });
    await notes.keepChat(chatId, { ...noted, seq });
  };

  /** Closes the notifications of messages that were read, on this or another device. */
  const markRead = async (marks: readonly (readonly [number, number])[]): Promise<void> => {
    const open = new Map((await listOpen()).map((one) => [one.tag, one]));
    for (const [chatId, read] of marks) {
      const noted = await notes.chat(chatId);
      if (read > noted.read) await notes.keepChat(chatId, { ...noted, read });
      const notification = open.get(tagOf(chatId));
      if (notification !== undefined && notification.data.seq <= read) notification.close();
    }
  };

  const forget = async (): Promise<void> => {
    for (const notification of await listOpen()) notification.close();
    await notes.erase();
    setBadge(0);
  };

  return {
    notify: (message: NotableMessage) => inTurn(() => notify(message)),
    markRead: (marks: readonly (readonly [number, number])[]) => inTurn(() => markRead(marks)),
    keepSound: (isOn: boolean) => inTurn(() => notes.keepSound(isOn)),
    forget: () => inTurn(forget),
  };
};

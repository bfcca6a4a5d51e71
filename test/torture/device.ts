import type { Chat, Message } from '../../functions/contract/schemas.ts';
import { createChatClient, type ChatClient, type ClientStorage } from '../../lib/client/index.ts';
import { memoryStorage } from '../../lib/client/index.ts';

/** A device with an application on it: what it was told, kept as an application keeps it. */
export interface Device {
  readonly client: ChatClient;
  /** The chats that it shows, with the messages that it knows of each. */
  readonly chats: ReadonlyMap<number, ReadonlyMap<number, Message>>;
  /** Messages that the service acknowledged to this device. */
  readonly acknowledged: readonly Message[];
  /** What it was told against the rules. */
  readonly wrong: readonly string[];
  /** Ids of chats of which it ever heard. */
  readonly heardOf: ReadonlySet<number>;
  /** Ends its socket as a network does. */
  cut(): void;
  /** Ends the application, and starts it again with what its storage holds. */
  restart(): Promise<void>;
  /** Resolves when something was told. */
  changed(): Promise<void>;
  stop(): Promise<void>;
}

const HISTORY = 100;

/** @param logIn begins the session of the first start */
export const openDevice = async (
  baseUrl: string,
  logIn: (client: ChatClient) => Promise<unknown>,
): Promise<Device> => {
  const storage: ClientStorage = memoryStorage();
  const sockets = new Set<WebSocket>();
  class CuttableSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url);
      sockets.add(this);
    }
  }

  const chats = new Map<number, Map<number, Message>>();
  /** The last `rev` that was told, by chat, since the application began to show it. */
  const told = new Map<number, number>();
  const acknowledged: Message[] = [];
  const wrong: string[] = [];
  const heardOf = new Set<number>();
  let waiting: (() => void)[] = [];
  const notify = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };

  const keep = (message: Message): void => {
    const messages = chats.get(message.chat_id);
    const known = messages?.get(message.id);
    if (messages !== undefined && (known === undefined || known.rev < message.rev)) {
      messages.set(message.id, message);
    }
  };

  const loadHistory = async (client: ChatClient, chatId: number): Promise<void> => {
    let cursor: { before_seq?: number } = {};
    for (;;) {
      const page = await client.api.listMessages(chatId, { ...cursor, limit: HISTORY });
      for (const message of page.items) keep(message);
      if (!page.has_more || page.next_before_seq === null || page.next_before_seq === undefined) break;
      cursor = { before_seq: page.next_before_seq };
    }
    notify();
  };

  /** An application tries until the history is there, or the chat is not its own any more. */
  const show = async (client: ChatClient, chat: Chat): Promise<void> => {
    heardOf.add(chat.id);
    if (chats.has(chat.id)) return;
    chats.set(chat.id, new Map());
    told.delete(chat.id);
    const isShown = (): boolean => !isStopped && chats.has(chat.id) && client === current;
    while (isShown()) {
      try {
        await loadHistory(client, chat.id);
        return;
      } catch (error) {
        if ((error as { code?: string }).code === 'chat_not_found') return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  const newClient = (): ChatClient => {
    const client = createChatClient({ baseUrl, storage, platform: { WebSocket: CuttableSocket } });
    client.on('chat', ({ chat }) => void show(client, chat));
    client.on('chat_left', ({ chat_id: chatId }) => {
      chats.delete(chatId);
      told.delete(chatId);
      notify();
    });
    client.on('message', ({ message }) => {
      heardOf.add(message.chat_id);
      const before = told.get(message.chat_id) ?? 0;
      if (message.rev <= before) {
        wrong.push(`chat ${message.chat_id}: rev ${message.rev} was told after rev ${before}`);
      }
      told.set(message.chat_id, message.rev);
      keep(message);
      notify();
    });
    client.on('outbox', ({ pending, message }) => {
      if (message !== undefined) {
        if (message.content !== null && message.content !== pending.content) {
          wrong.push(`message ${message.id}: '${pending.content}' was acknowledged as '${message.content}'`);
        }
        acknowledged.push(message);
      }
      notify();
    });
    client.on('state', notify);
    return client;
  };

  let restarting = Promise.resolve();
  let isStopped = false;
  let current = newClient();
  await logIn(current);
  current.start();

  return {
    get client() {
      return current;
    },
    chats,
    acknowledged,
    wrong,
    heardOf,
    cut: () => {
      for (const socket of sockets) socket.close();
      sockets.clear();
    },
    restart: () => {
      const again = async (before: Promise<void>): Promise<void> => {
        await before;
        await current.stop();
        current = newClient();
        await current.resume();
        current.start();
      };
      restarting = again(restarting);
      return restarting;
    },
    changed: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    stop: async () => {
      isStopped = true;
      await Promise.allSettled([restarting]);
      await current.stop();
    },
  };
};

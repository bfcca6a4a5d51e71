import type { Message } from '../../functions/contract/schemas.ts';
import type { ChatApi } from '../../lib/client/api/chat-api.ts';
import { createApi } from '../../lib/client/api/create-api.ts';
import {
  createChatClient,
  memoryStorage,
  type ChatClient,
  type ClientStorage,
} from '../../lib/client/index.ts';
import { createApplication, type Application } from '../support/application.ts';

/** A device with an application. */
export interface Device extends Pick<Application, 'chats' | 'wrong' | 'heardOf' | 'changed'> {
  readonly client: ChatClient;
  readonly api: ChatApi;
  /** Whose coming, going and typing its sockets were told of. */
  readonly saw: ReadonlySet<number>;
  /** Messages that the service acknowledged to this device. */
  readonly acknowledged: readonly Message[];
  /** Ends its socket as a network does. */
  cut(): void;
  /** Sleeps for longer than an access token lasts: the next request renews it. */
  sleep(): void;
  /** Ends the application, and starts it again with what its storage holds. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Longer than the half hour for which an access token is valid. */
const SLEEP_MS = 40 * 60_000;

/** @param logIn creates the session when the device starts for the first time */
export const openDevice = async (
  baseUrl: string,
  logIn: (client: ChatClient) => Promise<unknown>,
): Promise<Device> => {
  const storage: ClientStorage = memoryStorage();
  const sockets = new Set<WebSocket>();
  const saw = new Set<number>();
  class CuttableSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url);
      sockets.add(this);
      this.addEventListener('message', ({ data }) => {
        const { type, user_id: id } = JSON.parse(String(data)) as { type: string; user_id?: number };
        if (id !== undefined && /^(user|typing)_/.test(type)) saw.add(id);
      });
    }
  }

  const application = createApplication({ setTimeout });
  const acknowledged: Message[] = [];
  const misheard: string[] = [];
  let sleptMs = 0;

  const newClient = (): ChatClient => {
    const client = createChatClient({
      baseUrl,
      storage,
      platform: { WebSocket: CuttableSocket, now: () => Date.now() + sleptMs },
    });
    client.on('outbox', ({ pending, message }) => {
      if (message === undefined) return;
      if (message.content !== null && message.content !== pending.content) {
        misheard.push(`message ${message.id}: '${pending.content}' was acknowledged as '${message.content}'`);
      }
      acknowledged.push(message);
    });
    application.use(client);
    return client;
  };

  let restarting = Promise.resolve();
  let current = newClient();
  await logIn(current);
  current.start();

  return {
    get client() {
      return current;
    },
    get api() {
      return createApi(current);
    },
    get wrong() {
      return [...application.wrong, ...misheard];
    },
    chats: application.chats,
    heardOf: application.heardOf,
    changed: application.changed,
    acknowledged,
    saw,
    cut: () => {
      for (const socket of sockets) socket.close();
      sockets.clear();
    },
    sleep: () => {
      sleptMs += SLEEP_MS;
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
    stop: async () => {
      application.stop();
      await Promise.allSettled([restarting]);
      await current.stop();
    },
  };
};

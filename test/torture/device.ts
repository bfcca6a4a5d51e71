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
  /** The ids of the users whose presence or typing its sockets have received. */
  readonly saw: ReadonlySet<number>;
  /** The messages that the service has acknowledged to this device. */
  readonly acknowledged: readonly Message[];
  /** Closes its socket, as if the network had failed. */
  cut(): void;
  /** Lets more time pass than an access token is valid: the next request renews it. */
  sleep(): void;
  /** Stops the application, and starts it again with the contents of its storage. */
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

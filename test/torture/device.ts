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
import { countFaults } from '../support/count-faults.ts';
import { createFlakyNetwork, type FlakyNetwork, type SyncShare } from './flaky-network.ts';

/** A device with an application. */
export interface Device extends Pick<Application, 'chats' | 'wrong' | 'heardOf' | 'changed'> {
  readonly client: ChatClient;
  readonly api: ChatApi;
  /** The ids of the users whose presence or typing its sockets have received. */
  readonly saw: ReadonlySet<number>;
  /** The messages that the service has acknowledged to this device. */
  readonly acknowledged: readonly Message[];
  readonly network: Pick<FlakyNetwork, 'plan' | 'heal'>;
  /** By chat id: the read marks that its client holds, or has brought to the service. */
  readonly marks: ReadonlyMap<number, number>;
  /** Marks a chat as read up to a message that the device knows. */
  markRead(chatId: number, seq: number): void;
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

export interface DeviceOptions {
  readonly baseUrl: string;
  /** How much one sync returns; undefined for as much as the client asks for. */
  readonly share: SyncShare | undefined;
  /** Whether a user counts every message of a chat as unread: none was deleted, and the user has blocked nobody. */
  readonly isPlain: (userId: number, chatId: number) => boolean;
}

/** @param logIn creates the session when the device starts for the first time */
export const openDevice = async (
  { baseUrl, share, isPlain }: DeviceOptions,
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
  const miscounted: string[] = [];
  const marks = new Map<number, number>();
  let sleptMs = 0;
  const network = createFlakyNetwork(share, (request, body) => {
    const userId = current.user?.id ?? 0;
    const faults = countFaults(body, (chatId) => isPlain(userId, chatId));
    miscounted.push(...faults.map((fault) => `${request}: ${fault}`));
  });

  const newClient = (): ChatClient => {
    const client = createChatClient({
      baseUrl,
      storage,
      platform: { fetch: network.fetch, WebSocket: CuttableSocket, now: () => Date.now() + sleptMs },
    });
    client.on('outbox', ({ pending, message }) => {
      if (message === undefined) return;
      // The ack of a repeated send shows the message as it is now.
      const { content, is_edited: isEdited, is_deleted: isDeleted } = message;
      if (!isEdited && !isDeleted && content !== pending.content) {
        misheard.push(`message ${message.id}: '${pending.content}' was acknowledged as '${content}'`);
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
      return [...application.wrong, ...misheard, ...miscounted];
    },
    chats: application.chats,
    heardOf: application.heardOf,
    changed: application.changed,
    acknowledged,
    saw,
    network,
    marks,
    markRead: (chatId, seq) => {
      const known = Math.min(seq, current.chats().find(({ id }) => id === chatId)?.last_seq ?? 0);
      if (known === 0) return;
      marks.set(chatId, Math.max(known, marks.get(chatId) ?? 0));
      current.markRead(chatId, known);
    },
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
        // A client keeps them in memory alone.
        marks.clear();
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

/** The time in milliseconds that the service may take to recover after all faults have ended. */
export const HEALING_MS = 60_000;

/** Waits until no fault is found; checks after each event on a device. @throws Error with the remaining fault */
export const eventually = async (
  devices: readonly Device[],
  findFault: () => string | undefined | Promise<string | undefined>,
): Promise<void> => {
  const deadline = AbortSignal.timeout(HEALING_MS);
  const over = new Promise<void>((resolve) => {
    deadline.addEventListener('abort', () => resolve());
  });
  for (;;) {
    // Asked for before the check, so that an event during the check counts.
    const changed = Promise.race([over, ...devices.map((device) => device.changed())]);
    const fault = await findFault();
    if (fault === undefined) return;
    if (deadline.aborted) throw new Error(fault);
    await changed;
  }
};

import type { Message } from '../../functions/contract/schemas.ts';
import type { ChatClient, ClientEvents } from '../../lib/client/index.ts';

const EVENT_TIMEOUT_MS = 30_000;

/** The next matching event. @throws Error when none comes in time */
const next = async <Type extends keyof ClientEvents>(
  client: ChatClient,
  type: Type,
  fits: (event: ClientEvents[Type]) => boolean,
): Promise<ClientEvents[Type]> => {
  const { promise, resolve, reject } = Promise.withResolvers<ClientEvents[Type]>();
  const timer = setTimeout(
    () => reject(new Error(`No ${type} came in ${EVENT_TIMEOUT_MS} ms`)),
    EVENT_TIMEOUT_MS,
  );
  const off = client.on(type, (event) => {
    if (fits(event)) resolve(event);
  });
  try {
    return await promise;
  } finally {
    off();
    clearTimeout(timer);
  }
};

/** Resolves when the client is online. */
export const online = (client: ChatClient): Promise<unknown> =>
  next(client, 'state', ({ state }) => state === 'online');

/** Waits until a message in the outbox is stored. @throws Error when the service refused it */
export const stored = async (client: ChatClient, clientMessageId: string): Promise<Message> => {
  const { pending, message } = await next(
    client,
    'outbox',
    (event) =>
      event.pending.client_message_id === clientMessageId &&
      (event.pending.state === 'failed' || event.message !== undefined),
  );
  if (message === undefined) throw new Error(pending.error?.detail ?? 'The message was taken back');
  return message;
};

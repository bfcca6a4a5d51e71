import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from '../../lib/client/api/create-api.ts';
import { createChatClient } from '../../lib/client/index.ts';
import { online, stored } from './client-events.ts';
import type { World } from './world.ts';

/** Ten pages for the scenario `history`. */
const MESSAGES = 500;
/** A user may send five messages a second continuously. */
const PACE_MS = 250;

/**
 * Lets all members of each group send messages, so that the scenario can scroll through a history: a local cloud starts
 * empty.
 */
export const fillHistory = async ({ baseUrl, password, users, groups }: World): Promise<void> => {
  for (const { id, members } of groups) {
    const clients = await Promise.all(
      users
        .filter((user) => members.includes(user.id))
        .map(async ({ username }) => {
          const client = createChatClient({ baseUrl });
          await client.logIn(username, password);
          const opened = online(client);
          client.start();
          await opened;
          return client;
        }),
    );
    const [first] = clients;
    if (first === undefined) continue;
    const { last_seq: there } = await createApi(first).getChat(id);
    const each = Math.ceil(Math.max(0, MESSAGES - there) / clients.length);
    await Promise.all(
      clients.map(async (client) => {
        for (let count = 0; count < each; count += 1) {
          const { client_message_id: sent } = client.send(id, `Something to read, ${count}`);
          await Promise.all([stored(client, sent), sleep(PACE_MS)]);
        }
        await client.logOut();
      }),
    );
  }
};

import { createChatClient } from '../../lib/client/index.ts';
import { online, stored } from './client-events.ts';
import type { World } from './world.ts';

const PEOPLE = 8;
const MESSAGES = 20;

/**
 * Lets some users of the first group send messages, so that a local cloud loads and compiles its functions: the time
 * for that says nothing about a deployed stage.
 */
export const warmUp = async ({ baseUrl, password, users, groups }: World): Promise<void> => {
  const [group] = groups;
  if (group === undefined) return;
  await Promise.all(
    users.slice(0, PEOPLE).map(async ({ username }) => {
      const client = createChatClient({ baseUrl });
      await client.logIn(username, password);
      const opened = online(client);
      client.start();
      await opened;
      for (let count = 0; count < MESSAGES; count += 1) {
        await stored(client, client.send(group.id, 'Is anybody there?').client_message_id);
      }
      await client.logOut();
    }),
  );
};

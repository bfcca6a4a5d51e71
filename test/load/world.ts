import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from '../../lib/client/api/create-api.ts';
import { ChatError, createChatClient } from '../../lib/client/index.ts';

/** A user of a load run. */
export interface LoadUser {
  readonly id: number;
  readonly username: string;
}

/** The data of a load run: its users, and their groups. */
export interface World {
  readonly baseUrl: string;
  readonly password: string;
  readonly users: readonly LoadUser[];
  readonly groups: readonly { readonly id: number; readonly members: readonly number[] }[];
}

const PASSWORD = 'a load run has no secrets';

const known = (file: string): Partial<World> => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as World;
  } catch {
    return {};
  }
};

/**
 * Creates accounts and groups, or reuses those of an earlier run. A deployed stage allows twenty new accounts an hour
 * per address; this function waits as long as the service requires.
 *
 * @param file stores everything that was created, so that an interrupted run loses nothing
 * @throws ChatError when the service refuses for another reason than its limits; TypeError when it is unreachable
 */
export const seed = async (
  baseUrl: string,
  file: string,
  wanted: { readonly users: number; readonly groupSize: number },
  log: (line: string) => void,
): Promise<World> => {
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof ChatError) || error.status !== 429) throw error;
        const seconds = error.retryAfter ?? 60;
        log(`The service asks to wait for ${seconds} s`);
        await sleep(seconds * 1000);
      }
    }
  };

  const before = known(file);
  const users = [...(before.users ?? [])];
  const groups = [...(before.groups ?? [])].filter(({ members }) => members.length === wanted.groupSize);
  const save = (): World => {
    const world: World = { baseUrl, password: PASSWORD, users, groups };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(world));
    return world;
  };

  const run = Date.now().toString(36);
  while (users.length < wanted.users) {
    const username = `load-${run}-${users.length}`;
    const account = { username, email: `${username}@example.org`, password: PASSWORD };
    const client = createChatClient({ baseUrl });
    const { id } = await patiently(() => client.register(account));
    await client.logOut();
    users.push({ id, username });
    save();
  }
  while ((groups.length + 1) * wanted.groupSize <= wanted.users) {
    const members = users.slice(groups.length * wanted.groupSize, (groups.length + 1) * wanted.groupSize);
    const client = createChatClient({ baseUrl });
    await patiently(() => client.logIn(members[0]?.username ?? '', PASSWORD));
    const { id } = await patiently(() =>
      createApi(client).createChat({
        chat_type: 'group',
        name: `Load ${groups.length + 1}`,
        participant_ids: members.slice(1).map((member) => member.id),
      }),
    );
    await client.logOut();
    groups.push({ id, members: members.map((member) => member.id) });
    save();
  }
  return save();
};

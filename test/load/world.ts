import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createHttpClient } from '../../lib/client/http-client.ts';

/** Someone whom a load run logs in. */
export interface LoadUser {
  readonly id: number;
  readonly username: string;
}

/** What a load run works with: who there is, and the groups that they are in. */
export interface World {
  readonly baseUrl: string;
  readonly websocketUrl: string;
  readonly password: string;
  readonly users: readonly LoadUser[];
  readonly groups: readonly { readonly id: number; readonly members: readonly number[] }[];
}

const PASSWORD = 'a load run has no secrets';

const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

interface Refusal {
  readonly retry_after?: number;
}

const known = (file: string): Partial<World> => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as World;
  } catch {
    return {};
  }
};

/**
 * Makes accounts and groups, or takes up those that an earlier run has made: a deployed stage lets one address make
 * twenty accounts an hour, and this waits for as long as it is told to.
 *
 * @param file what has been made is kept there, so that an end half-way loses nothing
 * @throws Error when the service refuses for another reason than its limits
 */
export const seed = async (
  baseUrl: string,
  file: string,
  wanted: { readonly users: number; readonly groupSize: number },
  log: (line: string) => void,
): Promise<World> => {
  const service = createHttpClient(baseUrl);
  const request = async <Body>(
    api: typeof service,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Body> => {
    for (;;) {
      const answer = await api.request<Body & Refusal>(method, path, body);
      if (answer.status < 300) return answer.body;
      if (answer.status !== 429) {
        throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      }
      const seconds = answer.body.retry_after ?? 60;
      log(`The service asks to wait for ${seconds} s`);
      await sleep(seconds);
    }
  };

  const { websocket_url: websocketUrl } = await request<{ websocket_url: string }>(service, 'GET', '/info');
  const before = known(file);
  const users = [...(before.users ?? [])];
  const groups = [...(before.groups ?? [])].filter(({ members }) => members.length === wanted.groupSize);
  const save = (): World => {
    const world: World = { baseUrl, websocketUrl, password: PASSWORD, users, groups };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(world));
    return world;
  };

  const run = Date.now().toString(36);
  while (users.length < wanted.users) {
    const username = `load-${run}-${users.length}`;
    const account = { username, email: `${username}@example.org`, password: PASSWORD };
    const { id } = await request<{ id: number }>(service, 'POST', '/users/register', account);
    users.push({ id, username });
    save();
  }
  while ((groups.length + 1) * wanted.groupSize <= wanted.users) {
    const members = users.slice(groups.length * wanted.groupSize, (groups.length + 1) * wanted.groupSize);
    const { access_token: token } = await request<{ access_token: string }>(service, 'POST', '/users/login', {
      username: members[0]?.username,
      password: PASSWORD,
    });
    const { id } = await request<{ id: number }>(service.as(token), 'POST', '/chats', {
      chat_type: 'group',
      name: `Load ${groups.length + 1}`,
      participant_ids: members.slice(1).map((member) => member.id),
    });
    groups.push({ id, members: members.map((member) => member.id) });
    save();
  }
  return save();
};

import { createHttpClient, type HttpClient } from './plain-http-client.ts';

export const PASSWORD = 'correct horse battery';

/** The names of the first two accounts: the measured clouds list them as moderators. */
export const MODERATORS = 'bench-1,bench-2';

/** A logged-in user. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly api: HttpClient;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A group with messages. */
export interface Group {
  readonly id: number;
  /** The ids of the messages, oldest first. */
  readonly messageIds: readonly number[];
}

/** The data that the measured requests work on. */
export interface Population {
  readonly service: HttpClient;
  /** The user who sends most of the requests: in 200 chats, 30 of them direct. */
  readonly ada: Person;
  readonly others: readonly Person[];
  /** A group of 40 members with 300 messages. */
  readonly group: Group;
  readonly chatIds: readonly number[];
  /** The users whom Ada puts into new groups, and those who join them later. */
  readonly circle: readonly Person[];
  readonly newcomers: readonly Person[];
  readonly moderator: Person;
}

export const CHATS = 200;
const DIRECT_CHATS = 30;
const GROUP_MEMBERS = 40;
const MESSAGES = 300;

/** The body of a response that must be a success. @throws Error with the response */
export const requestOrThrow = async <Body>(
  api: HttpClient,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> => {
  const answer = await api.request<Body>(method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
};

let names = 0;

export const newAccount = () => {
  names += 1;
  const username = `bench-${names}`;
  return { username, email: `${username}@example.org`, password: PASSWORD, full_name: `Person ${names}` };
};

/** Creates a new session of a user. */
export const logIn = async (service: HttpClient, username: string) => {
  const tokens = await requestOrThrow<{ access_token: string; refresh_token: string }>(
    service,
    'POST',
    '/users/login',
    { username, password: PASSWORD },
  );
  return {
    api: service.as(tokens.access_token),
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
  };
};

/** Registers a user and logs in. */
export const newPerson = async (service: HttpClient): Promise<Person> => {
  const account = newAccount();
  const { id } = await requestOrThrow<{ id: number }>(service, 'POST', '/users/register', account);
  return { id, username: account.username, ...(await logIn(service, account.username)) };
};

export const newGroup = async (creator: Person, members: readonly Person[]): Promise<number> => {
  const { id } = await requestOrThrow<{ id: number }>(creator.api, 'POST', '/chats', {
    chat_type: 'group',
    name: 'Analytical engine',
    participant_ids: members.map((member) => member.id),
  });
  return id;
};

export const send = async (sender: Person, chatId: number, content: string): Promise<number> => {
  const body = { chat_id: chatId, content };
  return (await requestOrThrow<{ id: number }>(sender.api, 'POST', '/messages', body)).id;
};

/** Fills an empty service with users, chats and messages. @param baseUrl the URL of the API */
export const populate = async (baseUrl: string): Promise<Population> => {
  const service = createHttpClient(baseUrl);
  const people: Person[] = [];
  for (let n = 0; n <= GROUP_MEMBERS; n += 1) people.push(await newPerson(service));
  const [ada, ...others] = people as [Person, ...Person[]];

  const chatIds: number[] = [];
  for (const other of others.slice(0, DIRECT_CHATS)) {
    const chat = { chat_type: 'direct', participant_ids: [other.id] };
    chatIds.push((await requestOrThrow<{ id: number }>(ada.api, 'POST', '/chats', chat)).id);
  }
  for (let n = DIRECT_CHATS; n < CHATS - 1; n += 1) {
    chatIds.push(await newGroup(ada, others.slice(n % 20, (n % 20) + 4)));
  }
  for (const chatId of chatIds) await send(ada, chatId, 'Shall we meet at nine?');

  const groupId = await newGroup(ada, others.slice(0, GROUP_MEMBERS - 1));
  const messageIds: number[] = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    const sender = people[n % 10] ?? ada;
    messageIds.push(await send(sender, groupId, `Message ${n}: the mill turns, and the store holds.`));
  }
  return {
    service,
    ada,
    others,
    group: { id: groupId, messageIds },
    chatIds: [...chatIds, groupId],
    circle: others.slice(0, 3),
    newcomers: others.slice(3, 13),
    moderator: ada,
  };
};

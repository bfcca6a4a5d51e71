import { randomBytes } from 'node:crypto';
import type { Info } from '../functions/system/contract.ts';
import { createApi } from '../lib/client/api/create-api.ts';
import {
  createChatClient,
  type ChatClient,
  type ClientEvents,
  type CreateChatBody,
} from '../lib/client/index.ts';
import { resolve } from 'node:path';
import { DATA_DIRECTORY, readEndpoints } from '../lib/local/endpoints.ts';
import { readArguments, refuse } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run demo                 plays a conversation on the service that npm start runs
npm run demo -- --data DIR   on the one that keeps its data there, whatever its ports
npm run demo -- --url URL    on another one; URL ends in /api/v1
PORT                         in the environment: the port of a service's HTTP API`,
  options: {
    url: { type: 'string' },
    data: { type: 'string' },
  },
});

/** The URL of the service from the options; by default that of the service on this machine's usual data folder. */
const findService = (): string => {
  if (values.url !== undefined) return values.url;
  const port = process.env['PORT'];
  if (values.data === undefined && port !== undefined && port !== '')
    return `http://127.0.0.1:${port}/api/v1`;
  const running = readEndpoints(resolve(values.data ?? DATA_DIRECTORY))?.http;
  if (running !== undefined) return `${running}/api/v1`;
  if (values.data !== undefined)
    refuse(`No service runs on ${values.data}. Start one: npm start -- --data ${values.data}`);
  return 'http://127.0.0.1:8000/api/v1';
};
const url = findService();
if (!URL.canParse(url)) refuse(`--url is ${url}: an address that ends in /api/v1 is wanted.`);

const TIMEOUT_MS = 10_000;

interface Person {
  readonly name: string;
  readonly id: number;
  readonly client: ChatClient;
}

interface Room {
  readonly id: number;
  readonly members: readonly Person[];
}

/** Waits for the next matching event of a client. @throws Error on a timeout */
const waitForEvent = <Type extends keyof ClientEvents>(
  { name, client }: Pick<Person, 'name' | 'client'>,
  type: Type,
  fits: (event: ClientEvents[Type]) => boolean,
): Promise<ClientEvents[Type]> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      off();
      clearTimeout(timer);
    };
    const off = client.on(type, (event) => {
      if (!fits(event)) return;
      end();
      resolve(event);
    });
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${name} was not told of a ${type} within ${TIMEOUT_MS / 1000} s`));
    }, TIMEOUT_MS);
  });

const enter = async (name: string): Promise<Person> => {
  const client = createChatClient({ baseUrl: url });
  // New names for each run, so that the demo does not touch existing data.
  const username = `${name.toLowerCase()}-${randomBytes(4).toString('hex')}`;
  const { id } = await client.register({
    username,
    email: `${username}@example.org`,
    password: randomBytes(12).toString('base64url'),
    full_name: name,
  });
  const online = waitForEvent({ name, client }, 'state', ({ state }) => state === 'online');
  client.start();
  await online;
  return { name, id, client };
};

const deliveryTimes: number[] = [];
const sentByRoom = new Map<number, string[]>();

/** Sends a message, and waits until all members of the room have received it. */
const say = async (sender: Person, room: Room, content: string): Promise<void> => {
  const startedAt = performance.now();
  const { client_message_id: id } = sender.client.send(room.id, content);
  const arrivals = room.members.map(async (member) => {
    await waitForEvent(member, 'message', ({ message }) => message.client_message_id === id);
    return performance.now() - startedAt;
  });
  const acknowledged = waitForEvent(
    sender,
    'outbox',
    ({ pending, message }) => pending.client_message_id === id && message !== undefined,
  );
  const [times] = await Promise.all([Promise.all(arrivals), acknowledged]);
  const others = times.filter((_, index) => room.members[index] !== sender);
  deliveryTimes.push(...others);
  sentByRoom.set(room.id, [...(sentByRoom.get(room.id) ?? []), content]);
  console.log(
    `  ${sender.name.padEnd(6)} ${content}   (${others.map((ms) => `${ms.toFixed(1)} ms`).join(', ')})`,
  );
};

/** Opens a chat, and waits until all of its members have received it. */
const open = async (creator: Person, members: readonly Person[], body: CreateChatBody): Promise<Room> => {
  const seen = Promise.all(
    members.map((member) => waitForEvent(member, 'chat', ({ chat }) => chat.chat_type === body.chat_type)),
  );
  const { id } = await createApi(creator.client).createChat(body);
  await seen;
  return { id, members };
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const play = async (): Promise<void> => {
  const info = (await (await fetch(`${url}/info`)).json()) as Info;
  console.log(`Chat service ${info.version} (${info.environment}) at ${url}\n`);

  const people = await Promise.all(['Ada', 'Grace', 'Edsger'].map(enter));
  const [ada, grace, edsger] = people as [Person, Person, Person];

  const group = await open(ada, people, {
    chat_type: 'group',
    name: 'Analytical engine',
    participant_ids: [grace.id, edsger.id],
  });
  console.log('Analytical engine — Ada, Grace and Edsger');
  await say(ada, group, 'Good morning! Does the mill turn?');
  await say(grace, group, 'It does, since I took the moth out of it 🦋');
  await say(edsger, group, 'Testing shows the presence of moths, not their absence.');
  await say(ada, group, 'Then let us prove it. Tea at four?');
  await say(grace, group, 'Tea at four ☕');
  await say(edsger, group, 'I shall bring the proof. It fits on a napkin.');
  await say(ada, group, 'And I the punched cards, in case it does not.');
  await say(grace, group, 'Bring a nanosecond of wire, too: I want to show you something.');
  await say(edsger, group, 'How long is it?');
  await say(grace, group, 'Thirty centimetres. That is the point.');

  const direct = await open(grace, [ada, grace], { chat_type: 'direct', participant_ids: [ada.id] });
  console.log('\nGrace and Ada');
  await say(grace, direct, 'Between us: is Edsger always like this?');
  await say(ada, direct, 'Always. He is right, too.');
  await say(grace, direct, 'That is what worries me.');
  await say(ada, direct, 'See you at four.');

  console.log('\nWhat the history says');
  for (const room of [group, direct]) {
    const { items } = await createApi(ada.client).listMessages(room.id, { after_seq: 0 });
    const sent = sentByRoom.get(room.id) ?? [];
    if (JSON.stringify(items.map(({ content }) => content)) !== JSON.stringify(sent)) {
      throw new Error(`The history of chat ${room.id} is not what was sent: ${JSON.stringify(items)}`);
    }
    console.log(`  chat ${room.id}: ${items.length} messages, in the order in which they were sent`);
  }

  await Promise.all(people.map(({ client }) => client.logOut()));
  console.log(
    `\n${deliveryTimes.length} deliveries, all arrived; median ${median(deliveryTimes).toFixed(1)} ms, ` +
      `slowest ${Math.max(...deliveryTimes).toFixed(1)} ms from sending to the other person's application`,
  );
};

try {
  await play();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TypeError) console.error(`Is the service running at ${url}? Start it: npm start`);
  process.exit(1);
}

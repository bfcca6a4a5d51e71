import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createHttpClient, type HttpClient } from '../lib/client/http-client.ts';
import { openChatSocket, type ChatSocket } from '../lib/client/chat-socket.ts';

// npm run demo                 plays a conversation on the service that `npm start` runs
// npm run demo -- --url URL    on another one; URL ends in /api/v1
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: `http://127.0.0.1:${process.env['PORT'] ?? '8000'}/api/v1` },
  },
});

interface Person {
  readonly name: string;
  readonly id: number;
  readonly api: HttpClient;
  readonly socket: ChatSocket;
}

interface Chat {
  readonly id: number;
  readonly members: readonly Person[];
}

const service = createHttpClient(values.url);

/** The body of an answer that must be a success. */
const succeed = async <Body>(
  api: HttpClient,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> => {
  const answer = await api.request<Body>(method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
};

const enter = async (name: string, websocketUrl: string): Promise<Person> => {
  // Names of their own for each run: the demo leaves what it found alone.
  const username = `${name.toLowerCase()}-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const profile = await succeed<{ id: number }>(service, 'POST', '/users/register', {
    username,
    email: `${username}@example.org`,
    password,
    full_name: name,
  });
  const { access_token: token } = await succeed<{ access_token: string }>(service, 'POST', '/users/login', {
    username,
    password,
  });
  return { name, id: profile.id, api: service.as(token), socket: await openChatSocket(websocketUrl, token) };
};

const deliveryTimes: number[] = [];
const sentByChat = new Map<number, string[]>();

/** Sends over the socket and waits until it has arrived on the socket of everyone in the chat. */
const say = async (sender: Person, chat: Chat, content: string): Promise<void> => {
  const clientMessageId = crypto.randomUUID();
  const startedAt = performance.now();
  const arrivals = chat.members.map(async (member) => {
    await member.socket.take(
      ({ type, message }) =>
        type === 'new_message' &&
        (message as { client_message_id: string | null }).client_message_id === clientMessageId,
    );
    return performance.now() - startedAt;
  });
  const acknowledged = sender.socket.take(
    (frame) => frame.type === 'ack' && frame['client_message_id'] === clientMessageId,
  );
  sender.socket.send({ type: 'message', chat_id: chat.id, content, client_message_id: clientMessageId });
  await acknowledged;
  const times = await Promise.all(arrivals);
  const others = times.filter((_, index) => chat.members[index] !== sender);
  deliveryTimes.push(...others);
  sentByChat.set(chat.id, [...(sentByChat.get(chat.id) ?? []), content]);
  console.log(
    `  ${sender.name.padEnd(6)} ${content}   (${others.map((ms) => `${ms.toFixed(1)} ms`).join(', ')})`,
  );
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const play = async (): Promise<void> => {
  const info = await succeed<{ version: string; environment: string; websocket_url: string }>(
    service,
    'GET',
    '/info',
  );
  console.log(`Chat service ${info.version} (${info.environment}) at ${values.url}\n`);

  const people = await Promise.all(['Ada', 'Grace', 'Edsger'].map((name) => enter(name, info.websocket_url)));
  const [ada, grace, edsger] = people as [Person, Person, Person];

  const { id: groupId } = await succeed<{ id: number }>(ada.api, 'POST', '/chats', {
    chat_type: 'group',
    name: 'Analytical engine',
    participant_ids: [grace.id, edsger.id],
  });
  const group: Chat = { id: groupId, members: people };
  await Promise.all(
    people.map(({ socket }) =>
      socket.take(({ type, chat }) => type === 'chat_created' && (chat as { id: number }).id === groupId),
    ),
  );
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

  const { id: directId } = await succeed<{ id: number }>(grace.api, 'POST', '/chats', {
    chat_type: 'direct',
    participant_ids: [ada.id],
  });
  const direct: Chat = { id: directId, members: [ada, grace] };
  console.log('\nGrace and Ada');
  await say(grace, direct, 'Between us: is Edsger always like this?');
  await say(ada, direct, 'Always. He is right, too.');
  await say(grace, direct, 'That is what worries me.');
  await say(ada, direct, 'See you at four.');

  console.log('\nWhat the history says');
  for (const chat of [group, direct]) {
    const { items } = await succeed<{ items: { content: string; seq: number }[] }>(
      ada.api,
      'GET',
      `/messages/chat/${chat.id}?after_seq=0`,
    );
    const sent = sentByChat.get(chat.id) ?? [];
    if (JSON.stringify(items.map(({ content }) => content)) !== JSON.stringify(sent)) {
      throw new Error(`The history of chat ${chat.id} is not what was sent: ${JSON.stringify(items)}`);
    }
    console.log(`  chat ${chat.id}: ${items.length} messages, in the order in which they were sent`);
  }

  await Promise.all(people.map(({ socket }) => socket.close()));
  console.log(
    `\n${deliveryTimes.length} deliveries, all arrived; median ${median(deliveryTimes).toFixed(1)} ms, ` +
      `slowest ${Math.max(...deliveryTimes).toFixed(1)} ms from sending to the other person's socket`,
  );
};

try {
  await play();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TypeError)
    console.error(`Is the service running at ${values.url}? Start it: npm start`);
  process.exit(1);
}

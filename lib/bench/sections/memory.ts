import { connectedGroup, newPeople, createGroupLoad, type ConnectedGroup } from '../crowd.ts';
import type { Section } from './section.ts';

const PEOPLE = 100;
const GROUP = 10;
const PER_SECOND = 50;
/** The requests of a page when it opens. */
const READS = [
  '/users/me',
  '/chats',
  '/chats/{chat}',
  '/messages/chat/{chat}',
  '/users/search?q=ada',
  '/info',
];
const CONCURRENT_REQUESTS = 8;
const MB = 1024 * 1024;

/** The memory of the process of `npm start`: idle, and after a hundred users have chatted. Without MySQL. */
export const memory: Section = async ({ cloud: start, seconds, log }) => {
  const cloud = await start();
  const atRest = await cloud.usage();
  log(`memory: ${PEOPLE} people in groups of ${GROUP}, ${PER_SECOND} messages a second for ${seconds} s`);
  const people = await newPeople(`${cloud.httpUrl}/api/v1`, PEOPLE);
  const groups: ConnectedGroup[] = [];
  for (let first = 0; first < PEOPLE; first += GROUP) {
    groups.push(await connectedGroup(cloud.websocketUrl, people.slice(first, first + GROUP)));
  }
  await createGroupLoad(groups).atRate(PER_SECOND, seconds);
  const queue = people.entries();
  const lane = async (): Promise<void> => {
    for (const [index, { accessToken }] of queue) {
      const chat = groups[Math.floor(index / GROUP)]?.chatId;
      for (const path of READS) {
        const response = await fetch(`${cloud.httpUrl}/api/v1${path.replace('{chat}', String(chat))}`, {
          headers: { authorization: `Bearer ${accessToken}` },
        });
        await response.arrayBuffer();
        if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, lane));
  const after = await cloud.usage();
  for (const socket of groups.flatMap(({ sockets }) => sockets)) socket.terminate();
  return {
    figures: [
      {
        name: 'memory: at rest',
        unit: 'MB',
        value: atRest.residentBytes / MB,
        target: { most: 350 },
      },
      {
        name: `memory: after ${PEOPLE} people chatted`,
        unit: 'MB',
        value: after.residentBytes / MB,
        target: { most: 600 },
      },
      {
        name: 'memory: workers of functions then',
        unit: 'count',
        value: after.workers,
      },
    ],
  };
};

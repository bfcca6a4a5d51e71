import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { newPeople, openSocket } from '../crowd.ts';
import { spread, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const PEOPLE = 100;
/** The contract's limit of connections per user. */
const DEVICES = 10;
const CONCURRENT_HANDSHAKES = 8;

/** How fast connections open, and the costs of a connection that only listens. */
export const connect: Section = async ({ cloud: start, floor: measureFloor, log }) => {
  const cloud = await start();
  log(`connect: ${PEOPLE * DEVICES} connections of ${PEOPLE} people`);
  const people = await newPeople(`${cloud.httpUrl}/api/v1`, PEOPLE);
  // Makes sure that the functions of a handshake are loaded and warm.
  const warm = await Promise.all(people.slice(0, 40).map((person) => openSocket(cloud.websocketUrl, person)));
  for (const socket of warm) socket.terminate();
  await sleep(2000);

  const floor = await measureFloor();
  const before = await cloud.usage();
  const queue = Array.from({ length: DEVICES }, () => people)
    .flat()
    .values();
  const sockets: WebSocket[] = [];
  const times: number[] = [];
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    for (const person of queue) {
      const askedAt = performance.now();
      sockets.push(await openSocket(cloud.websocketUrl, person));
      times.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_HANDSHAKES }, lane));
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await cloud.usage();
  for (const socket of sockets) socket.terminate();

  const handshake = spread(times);
  const figures: Figure[] = [
    { name: 'connect: handshakes', unit: '1/s', value: sockets.length / seconds },
    {
      name: `connect: handshake, ${CONCURRENT_HANDSHAKES} at once`,
      unit: 'ms',
      ...handshake,
      timesFloor: handshake.value / floor.dynamodb,
    },
    {
      name: 'connect: CPU a handshake',
      unit: 'ms',
      value: (after.process - before.process) / sockets.length,
    },
    {
      name: 'connect: memory of the gateway an idle socket',
      unit: 'KB',
      value: (after.gatewayBytes - before.gatewayBytes) / 1024 / sockets.length,
    },
    {
      name: 'connect: memory of the whole local cloud',
      unit: 'MB',
      value: after.residentBytes / 1024 / 1024,
    },
  ];
  return { figures };
};

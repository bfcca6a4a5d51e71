import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  BatchWriteItemCommand,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { WebSocket } from 'ws';
import {
  allRoutes,
  connectionAuthorizer,
  fallbackRoute,
  httpRoutes,
  internalRoutes,
  jobRoutes,
} from '../../functions/contract/table.ts';
import { createHttpClient } from '../client/http-client.ts';
import type { Countable, OperationCounts, RouteCounts } from '../cost/counts.ts';
import type { LocalCloud } from '../local/cloud.ts';
import { connectToMysql } from '../local/stores/mysql-connection.ts';
import { functionNameOf, type CountedCloud } from './counted-cloud.ts';
import { openSocket } from './crowd.ts';
import type { Invocation } from './invocations.ts';
import {
  newAccount,
  newGroup,
  newPerson,
  send,
  succeed,
  type Person,
  type Population,
} from './population.ts';
import { refusedScenarios, scenarios } from './scenarios.ts';
import type { RoundTrip, Store } from './store-proxy.ts';

/**
 * Everybody in these groups is connected: the difference shows what a member adds. It is looked for in functions that
 * reach connections; no other one deals with all members of a chat.
 */
const [SMALL, LARGE] = [12, 15] as const;
const MESSAGES = 8;
/** As many items as DynamoDB takes in one request that writes several. */
const BATCH = 25;
/** Messages that a client missed, of one chat. */
const MISSED = 2;

interface World extends Population {
  readonly httpUrl: string;
  readonly websocketUrl: string;
  /** Ada's connection. */
  readonly socket: WebSocket;
  /** Connections to close in the end. */
  readonly opened: WebSocket[];
}

/** Something that makes functions run, each of them once and one after the other. */
interface Operation {
  /** A key of the counts for each function, in the order in which they run. */
  readonly keys: readonly string[];
  /** Prepares it, and gives back what makes them run. */
  readonly prepare: (world: World) => Promise<() => Promise<unknown>>;
}

/** The ids of routes that deal with a chat's members. */
const reachesConnections = new Set(
  allRoutes
    .filter(({ needs }) => needs.includes('connections') || needs.includes('connections-read'))
    .map(({ id }) => id),
);

/** The id of the route that a key counts; behind a comma stands in what other way. */
const routeIdOf = (key: string): string => key.replace(/,.*/, '');

/** Each by the first of its scenarios. */
const requests = [...httpRoutes, fallbackRoute].flatMap(({ id }): Operation[] => {
  // Below, in two ways.
  if (id === 'sync') return [];
  const scenario = Object.entries(scenarios).find(([name]) => name.replace(/ .*/, '') === id)?.[1];
  if (scenario === undefined) return [];
  const expected = refusedScenarios[id] ?? 200;
  return [
    {
      keys: [id],
      prepare: async (world) => {
        const request = await scenario(world, world.httpUrl);
        return async () => {
          const { status } = await request();
          if (status < expected || status >= expected + 100) throw new Error(`${id} answered ${status}`);
        };
      },
    },
  ];
});

/** What a client asks that has missed something, and what it asks to be sure that it has not. */
const syncs: readonly Operation[] = [
  {
    keys: ['sync'],
    prepare: async ({ ada, group }) => {
      for (let n = 0; n < MISSED; n += 1) await send(ada, group.id, `Missed ${n}`);
      const chats = (await upToDate(ada)).map((chat) =>
        chat.chat_id === group.id ? { ...chat, rev: chat.rev - MISSED } : chat,
      );
      return () => succeed(ada.api, 'POST', '/sync', { chats });
    },
  },
  {
    keys: ['sync, nothing new'],
    prepare: async ({ ada }) => {
      const chats = await upToDate(ada);
      return () => succeed(ada.api, 'POST', '/sync', { chats });
    },
  },
];

const frame = (id: string, body: (world: World) => object | Promise<object>): Operation => ({
  keys: [id],
  prepare: async (world) => {
    const sent = await body(world);
    return async () => world.socket.send(JSON.stringify(sent));
  },
});

const frames: readonly Operation[] = [
  frame('receive-message', ({ group }) => ({
    type: 'message',
    chat_id: group.id,
    content: 'Shall we meet at nine?',
    client_message_id: randomUUID(),
  })),
  frame('receive-typing', ({ group }) => ({ type: 'typing', chat_id: group.id, content: 'start' })),
  frame('receive-read', async ({ group, others: [other] }) => {
    if (other === undefined) throw new Error('There is nobody else');
    await send(other, group.id, 'Unread');
    return { type: 'read', chat_id: group.id, seq: 1_000_000 };
  }),
  frame('join-chat', ({ group }) => ({ type: 'join', chat_id: group.id })),
  frame('leave-chat', ({ group }) => ({ type: 'leave', chat_id: group.id })),
  frame('ping', () => ({ type: 'ping' })),
  frame('reject-frame', () => ({ type: 'nothing-known' })),
];

/** A connection opens with a ticket, as browsers do it, and closes. */
const openings: readonly Operation[] = [
  {
    keys: [connectionAuthorizer.id, 'connect'],
    prepare: async ({ ada, websocketUrl, opened }) => {
      const { ticket } = await succeed<{ ticket: string }>(ada.api, 'POST', '/ws/tickets');
      return async () => {
        const socket = new WebSocket(`${websocketUrl}?ticket=${ticket}`);
        opened.push(socket);
        await once(socket, 'open');
      };
    },
  },
  {
    keys: ['disconnect'],
    // The one that has just been opened.
    prepare: async ({ opened }) => {
      const socket = opened.pop();
      return async () => socket?.close();
    },
  },
];

/** Names all chats of a person as they are now. */
const upToDate = async ({ api }: Person) => {
  const { items } = await succeed<{ items: { id: number }[] }>(api, 'GET', '/chats?limit=100');
  const { chats } = await succeed<{ chats: { chat_id: number; rev: number; last_read_seq: number }[] }>(
    api,
    'POST',
    '/sync',
    { chats: items.map(({ id }) => ({ chat_id: id, rev: 0 })), limit: 500 },
  );
  return chats.map(({ chat_id, rev, last_read_seq }) => ({ chat_id, rev, last_read_seq }));
};

/** The names of routines that change nothing. */
const readingRoutines = async ({ mysql }: LocalCloud): Promise<ReadonlySet<string>> => {
  const connection = await connectToMysql(mysql);
  try {
    const [rows] = await connection.query(
      `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
       WHERE ROUTINE_SCHEMA = DATABASE() AND SQL_DATA_ACCESS = 'READS SQL DATA'`,
    );
    return new Set((rows as { name: string }[]).map(({ name }) => name));
  } finally {
    await connection.end();
  }
};

/** Commits of one connection: those of transactions, and writes outside of one. */
const commitsOf = (statements: readonly string[], reading: ReadonlySet<string>): number => {
  let inTransaction = false;
  let commits = 0;
  for (const statement of statements) {
    const [, verb = '', object = ''] = /^\s*(\w+)\s*(\w*)/.exec(statement) ?? [];
    switch (verb.toLowerCase()) {
      case 'begin':
      case 'start':
        inTransaction = true;
        break;
      case 'rollback':
        inTransaction = false;
        break;
      case 'commit':
        inTransaction = false;
        commits += 1;
        break;
      case 'call':
        if (!inTransaction && !reading.has(object)) commits += 1;
        break;
      case 'insert':
      case 'update':
      case 'delete':
      case 'replace':
        if (!inTransaction) commits += 1;
        break;
    }
  }
  return commits;
};

/** What a new connection of the functions' pool sets: a pool keeps it, and whoever comes next finds it set. */
const isSetting = (statement: string): boolean => /^SET (time_zone|SESSION) /.test(statement);

type Tally = Record<Countable, number> & { readonly dynamodb: Readonly<Record<string, number>> };

const tallyOf = ({ roundTrips, reads, writes, posts }: Invocation, reading: ReadonlySet<string>): Tally => {
  const to = (store: Store): RoundTrip[] => roundTrips.filter((trip) => trip.store === store);
  const statements = to('mysql').filter(({ command }) => !isSetting(command));
  const dynamodb: Record<string, number> = {};
  for (const { command } of to('dynamodb')) dynamodb[command] = (dynamodb[command] ?? 0) + 1;
  return {
    mysql: statements.length,
    commits: [...Map.groupBy(statements, ({ connection }) => connection).values()].reduce(
      (sum, of) =>
        sum +
        commitsOf(
          of.map(({ command }) => command),
          reading,
        ),
      0,
    ),
    mongodb: to('mongodb').length,
    dynamodb,
    reads,
    writes,
    posts,
  };
};

const countables = ['mysql', 'commits', 'mongodb', 'reads', 'writes', 'posts'] as const;

/** Without what is 0. */
const present = (counts: Partial<Record<Countable, number>>): Partial<Record<Countable, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/**
 * Takes apart what a run always takes, and what it takes for each member.
 *
 * @param large of a larger group; without it, members add nothing
 */
const countsFrom = (key: string, small: Tally, large = small): RouteCounts => {
  assert.deepEqual(small.dynamodb, large.dynamodb, `${key}: DynamoDB requests depend on the group's size`);
  const each = (what: Countable): number => (large[what] - small[what]) / (LARGE - SMALL);
  const of = (count: (what: Countable) => number) =>
    present(Object.fromEntries(countables.map((what) => [what, count(what)])));
  const perMember = of(each);
  return {
    ...of((what) => small[what] - SMALL * each(what)),
    ...(Object.keys(small.dynamodb).length === 0 ? {} : { dynamodb: small.dynamodb }),
    ...(Object.keys(perMember).length === 0 ? {} : { perMember }),
  };
};

/** Makes everybody's paces forgotten, so that none of them depends on how fast it is counted. */
const paceKeeper = (cloud: LocalCloud) => {
  const client = new DynamoDBClient({
    endpoint: cloud.dynamodbUrl,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const table = client
    .send(new ListTablesCommand({}))
    .then(({ TableNames: names = [] }) => names.find((name) => /sessions/i.test(name)));
  return {
    forget: async (): Promise<void> => {
      const scan = {
        TableName: await table,
        FilterExpression: 'begins_with(pk, :limit)',
        ExpressionAttributeValues: { ':limit': { S: 'limit#' } },
      };
      for await (const { Items: items = [] } of paginateScan({ client }, scan)) {
        for (let from = 0; from < items.length; from += BATCH) {
          const deletions = items.slice(from, from + BATCH).map(({ pk, sk }) => ({
            DeleteRequest: { Key: { pk, sk } as Record<string, AttributeValue> },
          }));
          await client.send(
            new BatchWriteItemCommand({ RequestItems: { [scan.TableName ?? '']: deletions } }),
          );
        }
      }
    },
    stop: () => client.destroy(),
  };
};

/**
 * Runs every function of the application on a local cloud and counts what each asks for, in groups of two sizes.
 *
 * @param counted with rate limits on, which are requests too, and with capacity metered
 * @throws Error when an operation fails, or something else runs beside it
 */
export const countOperations = async (counted: CountedCloud): Promise<OperationCounts> => {
  const { cloud, invocations, traffic } = counted;
  const { httpUrl, websocketUrl } = cloud;
  const service = createHttpClient(`${httpUrl}/api/v1`);
  const paces = paceKeeper(cloud);
  const tallies = new Map<string, Tally[]>();
  const reading = await readingRoutines(cloud);
  const count = async (keys: readonly string[], act: () => Promise<unknown>): Promise<void> => {
    const functionNames = keys.map((key) => functionNameOf(routeIdOf(key)));
    await paces.forget();
    // A function that has served somebody of this world may remember them; one that starts anew does not.
    const used = functionNames.filter((functionName) => invocations.invoked.has(functionName));
    await Promise.all(used.map((functionName) => cloud.lambda.kill(functionName)));
    traffic.roundTrips.length = 0;
    const runs = await invocations.during(functionNames, act);
    for (const [index, run] of runs.entries()) {
      const key = keys[index] ?? '';
      tallies.set(key, [...(tallies.get(key) ?? []), tallyOf(run, reading)]);
    }
  };

  const opened: WebSocket[] = [];
  try {
    // Loading all of them takes most of the time: as many at once as there are cores.
    await Promise.all(allRoutes.map(({ id }) => cloud.lambda.warm(functionNameOf(id))));
    // One for each world, whose sessions no function remembers from the other.
    const moderators = [await newPerson(service), await newPerson(service)];
    for (const [index, size] of [SMALL, LARGE].entries()) {
      invocations.invoked.clear();
      // One after the other: side by side, each function would be loaded several times.
      const people: Person[] = [];
      const sockets: WebSocket[] = [];
      while (people.length < size) {
        const person = await newPerson(service);
        people.push(person);
        const socket = await openSocket(websocketUrl, person);
        sockets.push(socket);
        opened.push(socket);
      }
      const [ada, ...others] = people;
      const [[other], [socket]] = [others, sockets];
      if (ada === undefined || other === undefined || socket === undefined)
        throw new Error('Nobody is there');
      const id = await newGroup(ada, others);
      const messageIds: number[] = [];
      for (let n = 0; n < MESSAGES; n += 1) messageIds.push(await send(other, id, `The mill turns ${n}`));
      const world: World = {
        service,
        ada,
        others,
        group: { id, messageIds },
        chatIds: [id],
        circle: others.slice(0, -1),
        newcomers: others.slice(-1),
        moderator: moderators[index] ?? ada,
        httpUrl,
        websocketUrl,
        socket,
        opened,
      };
      for (const { keys, prepare } of [...requests, ...syncs, ...frames, ...openings]) {
        if (size === LARGE && !keys.some((key) => reachesConnections.has(routeIdOf(key)))) continue;
        await count(keys, await prepare(world));
      }
    }
    // A job has found nothing to do when it runs for the second time.
    for (const { id } of jobRoutes.filter(({ schedule }) => schedule !== undefined)) {
      await invocations.invoke(functionNameOf(id));
      // It remembers nobody, as it serves nobody.
      invocations.invoked.clear();
      await count([id], () => invocations.invoke(functionNameOf(id)));
    }
    const account = newAccount();
    await succeed(service, 'POST', '/users/register', account);
    // What other functions and events ask; of files that are not there.
    const asked: Readonly<Record<string, object>> = {
      'decode-image': {
        purpose: 'message',
        upload: 'u/0',
        etag: '"0"',
        image: 'd/0',
        thumbnail: 'd/0.thumbnail',
      },
      'block-file': { detail: { s3ObjectDetails: { objectKey: 'f/0' } } },
      'send-account-mail': { kind: 'reset', email: account.email },
    };
    for (const { id } of internalRoutes) {
      await count([id], () => invocations.invoke(functionNameOf(id), asked[id]));
    }
    // Of a chat that is not there first, so that it is connected to its stores; then of one in which nobody has a device.
    const batchOf = (body: object): object => ({
      Records: [
        {
          messageId: '1',
          receiptHandle: '1',
          body: JSON.stringify(body),
          attributes: { ApproximateReceiveCount: '1' },
        },
      ],
    });
    const dispatch = functionNameOf('dispatch-messages');
    await invocations.invoke(dispatch, batchOf({ type: 'chat', chat_id: 1_000_000_000 }));
    invocations.invoked.clear();
    await count(['dispatch-messages'], () =>
      invocations.invoke(dispatch, batchOf({ type: 'chat', chat_id: 1 })),
    );
    // The stage has no service account of FCM: a push that is refused, claimed and noted as one that is sent.
    const push = {
      user_id: 1,
      device_id: 1,
      chat_id: 1,
      kind: 'fcm',
      token: 'x',
      urgency: 'high',
      topic: 'x',
      body: '{}',
    };
    await invocations.invoke(functionNameOf('send-pushes'), batchOf({ ...push, seq: 1 }));
    invocations.invoked.clear();
    await count(['send-pushes'], () =>
      invocations.invoke(functionNameOf('send-pushes'), batchOf({ ...push, seq: 2 })),
    );
    // Nothing of it is under way when the next count begins.
    for (const socket of opened.splice(0)) {
      await invocations.during([functionNameOf('disconnect')], async () => socket.close());
    }
  } finally {
    for (const socket of opened) socket.terminate();
    paces.stop();
  }
  return Object.fromEntries(
    [...tallies].flatMap(([key, [small, large]]) =>
      small === undefined ? [] : [[key, countsFrom(key, small, large)]],
    ),
  );
};

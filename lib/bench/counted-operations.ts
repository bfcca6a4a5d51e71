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
import { createHttpClient } from './plain-http-client.ts';
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
  requestOrThrow,
  type Person,
  type Population,
} from './population.ts';
import { refusedScenarios, scenarios } from './scenarios.ts';
import type { RoundTrip, Store } from './store-proxy.ts';

/**
 * The sizes of the two groups. All members are connected, so the difference in requests shows the cost per member. It
 * is measured for functions that access connections; no other function handles all members of a chat.
 */
const [SMALL, LARGE] = [12, 15] as const;
const MESSAGES = 8;
/** The maximal number of items in one of DynamoDB's batch writes. */
const BATCH = 25;
/** The number of messages of one chat that a client has missed. */
const MISSED = 2;

interface World extends Population {
  readonly httpUrl: string;
  readonly websocketUrl: string;
  /** Ada's connection. */
  readonly socket: WebSocket;
  /** Connections that must be closed at the end. */
  readonly opened: WebSocket[];
}

/** An action that invokes functions, each once and one after another. */
interface Operation {
  /** One key of the counts per function, in the order in which the functions run. */
  readonly keys: readonly string[];
  /** Prepares the action, and returns a function that performs it. */
  readonly prepare: (world: World) => Promise<() => Promise<unknown>>;
}

/** The ids of the routes that access the connections of a chat's members. */
const reachesConnections = new Set(
  allRoutes
    .filter(({ needs }) => needs.includes('connections') || needs.includes('connections-read'))
    .map(({ id }) => id),
);

/** The id of the route that a key belongs to; a variant of the route follows after a comma. */
const routeIdOf = (key: string): string => key.replace(/,.*/, '');

/** One operation per HTTP route, by the first of its scenarios. */
const requests = [...httpRoutes, fallbackRoute].flatMap(({ id }): Operation[] => {
  // `sync` is counted below, in two variants.
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

/** Requests of `sync`: from a client that has missed something, and from one that has missed nothing. */
const syncs: readonly Operation[] = [
  {
    keys: ['sync'],
    prepare: async ({ ada, group }) => {
      for (let n = 0; n < MISSED; n += 1) await send(ada, group.id, `Missed ${n}`);
      const chats = (await upToDate(ada)).map((chat) =>
        chat.chat_id === group.id ? { ...chat, rev: chat.rev - MISSED } : chat,
      );
      return () => requestOrThrow(ada.api, 'POST', '/sync', { chats });
    },
  },
  {
    keys: ['sync, nothing new'],
    prepare: async ({ ada }) => {
      const chats = await upToDate(ada);
      return () => requestOrThrow(ada.api, 'POST', '/sync', { chats });
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

/** Opening a connection with a ticket, as browsers do, and closing it. */
const openings: readonly Operation[] = [
  {
    keys: [connectionAuthorizer.id, 'connect'],
    prepare: async ({ ada, websocketUrl, opened }) => {
      const { ticket } = await requestOrThrow<{ ticket: string }>(ada.api, 'POST', '/ws/tickets');
      return async () => {
        const socket = new WebSocket(`${websocketUrl}?ticket=${ticket}`);
        opened.push(socket);
        await once(socket, 'open');
      };
    },
  },
  {
    keys: ['disconnect'],
    // Closes the connection that was opened last.
    prepare: async ({ opened }) => {
      const socket = opened.pop();
      return async () => socket?.close();
    },
  },
];

/** The current state of all chats of a user, as `sync` takes it. */
const upToDate = async ({ api }: Person) => {
  const { items } = await requestOrThrow<{ items: { id: number }[] }>(api, 'GET', '/chats?limit=100');
  const { chats } = await requestOrThrow<{
    chats: { chat_id: number; rev: number; last_read_seq: number }[];
  }>(api, 'POST', '/sync', { chats: items.map(({ id }) => ({ chat_id: id, rev: 0 })), limit: 500 });
  return chats.map(({ chat_id, rev, last_read_seq }) => ({ chat_id, rev, last_read_seq }));
};

/** The names of stored routines that only read. */
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

/** The number of commits on one connection: of transactions, and of writes outside of transactions. */
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

/**
 * Settings of a new connection in the functions' pool: the pool keeps the connection, so later invocations do not
 * repeat them.
 */
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

/** The counts that are not 0. */
const present = (counts: Partial<Record<Countable, number>>): Partial<Record<Countable, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

/**
 * Separates the fixed costs of a run from the costs per member.
 *
 * @param large the counts for the larger group; without them, members add no costs
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

/** Deletes the state of all rate limits, so that no count depends on how fast the operations are counted. */
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
 * Runs every function of the application on a local cloud and counts its requests, in groups of two sizes.
 *
 * @param counted a cloud with rate limits on, since these also make requests, and with metered capacity
 * @throws Error when an operation fails, or another function runs at the same time
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
    // A function that was invoked in this world may remember its users, so it is restarted.
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
    // Loading the functions takes most of the time, so they load in parallel, as many at once as there are cores.
    await Promise.all(allRoutes.map(({ id }) => cloud.lambda.warm(functionNameOf(id))));
    // One moderator per world, so that no function remembers a session from the other world.
    const moderators = [await newPerson(service), await newPerson(service)];
    for (const [index, size] of [SMALL, LARGE].entries()) {
      invocations.invoked.clear();
      // Sequential: in parallel, several instances of each function would be loaded.
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
    // Runs each job twice: in the counted second run, it finds nothing to do.
    for (const { id } of jobRoutes.filter(({ schedule }) => schedule !== undefined)) {
      await invocations.invoke(functionNameOf(id));
      // A job remembers no users, so it need not be restarted.
      invocations.invoked.clear();
      await count([id], () => invocations.invoke(functionNameOf(id)));
    }
    const account = newAccount();
    await requestOrThrow(service, 'POST', '/users/register', account);
    // Input of functions that other functions or events invoke; the files in it do not exist.
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
    // First for a chat that does not exist, which connects the function to its stores; then for a chat in which nobody
    // has a device.
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
    // The stage has no service account of FCM. The push is refused, but makes the same requests for its claim and its
    // note as a push that is sent.
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
    // Waits for each `disconnect`, so that none is running when the next count begins.
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

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../../functions/contract/schemas.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { HttpClient } from '../../lib/bench/plain-http-client.ts';
import type { Arena } from './arena.ts';
import { assertHidden, compare, compareRestarted, whenMarked } from './compare.ts';
import { eventually, HEALING_MS, type DeviceOptions } from './device.ts';
import { assertNoOrphans } from './files.ts';
import { enter, finishGoing, type Player } from './players.ts';
import { assertPushed, enterSleeper, whenPushed, type Sleeper } from './pushes.ts';
import { GROUPS, PAIRS, USERS, type Step } from './schedule.ts';
import { createSteps, HIDDEN_FROM, HIDING, pick, type World } from './steps.ts';

/** Creates the groups and the direct chats of a schedule. @returns the users in each, by chat id */
const createChats = async (
  players: readonly Player[],
  sleepers: readonly Sleeper[],
): Promise<Map<number, Set<number>>> => {
  const members = new Map<number, Set<number>>();
  const [owner] = pick(players, 0).devices;
  for (let index = 0; index < GROUPS; index += 1) {
    // The groups overlap, and one user is in all of them.
    const others = players.filter((_, at) => at !== 0 && (at + index) % 3 !== 0).map(({ id }) => id);
    // No sleeper is in the last group, so that all of its members can leave it.
    if (index < GROUPS - 1) others.push(...sleepers.map(({ id }) => id));
    const group = { chat_type: 'group', name: `Group ${index}`, participant_ids: others } as const;
    const { id } = await owner.api.createChat(group);
    members.set(id, new Set([pick(players, 0).id, ...others]));
  }
  for (const [one, other] of PAIRS) {
    const peer = pick(players, other).id;
    const { api } = pick(players, one).devices[0];
    const { id } = await api.createChat({ chat_type: 'direct', participant_ids: [peer] });
    members.set(id, new Set([pick(players, one).id, peer]));
  }
  return members;
};

/** Plays a schedule, ends all faults, and checks that no message was lost, duplicated, reordered or shown to others. */
export const play = async (arena: Arena, steps: readonly Step[]): Promise<void> => {
  const { cloud } = arena;
  const baseUrl = `${cloud.httpUrl}/api/v1`;
  const uncounted: World['uncounted'] = { chats: new Set(), users: new Set() };
  const isPlain = (userId: number, chatId: number): boolean =>
    !uncounted.users.has(userId) && !uncounted.chats.has(chatId);
  // Every second device gets its syncs in parts.
  const optionsOf = (index: number): DeviceOptions => ({
    baseUrl,
    share: index % 2 === 0 ? undefined : { joined: 1, details: 1, messages: 1 + (index % 5) },
    isPlain,
  });
  const players = await Promise.all(
    Array.from({ length: USERS }, (_, index) => {
      const more = Array.from({ length: index % 3 }, (__, at) => optionsOf(index + at + 1));
      return enter([optionsOf(index), ...more]);
    }),
  );
  const devices = players.flatMap((player) => player.devices);
  try {
    await eventually(devices, () =>
      devices.every(({ client }) => client.state === 'online') ? undefined : 'Not everybody came online',
    );
    const [hiding, hiddenFrom] = [pick(players, HIDING), pick(players, HIDDEN_FROM)];
    uncounted.users.add(hiding.id);
    assert.equal((await hiding.api.request('PUT', `/users/me/blocks/${hiddenFrom.id}`)).status, 204);
    // The sleeper gets pushes for everything; the grudging user for nothing in one chat, and for nothing by a blocked
    // user.
    const sleepers = await Promise.all([enterSleeper(arena), enterSleeper(arena)]);
    const [sleeper, grudging] = sleepers;
    const members = await createChats(players, sleepers);
    const chatIds = [...members.keys()];
    const grudge = { chatId: pick(chatIds, 0), userId: pick(players, 1).id };
    for (const path of [`/users/me/blocks/${grudge.userId}`, `/chats/${grudge.chatId}/notifications`]) {
      assert.ok((await grudging.api.request('PUT', path, { level: 'none' })).status < 300);
    }

    const deleted = new Set<number>();
    const goers: HttpClient[] = [];
    const underway: Promise<unknown>[] = [];
    const world: World = {
      arena,
      baseUrl,
      players,
      chatIds,
      members,
      deleted,
      uncounted,
      reopened: new Set(),
      goers,
      underway,
    };
    const begin = createSteps(world);
    for (const step of steps) {
      begin(step);
      await sleep(step.do === 'wait' ? step.ms : 1);
    }

    const heal = (): void => {
      arena.heal();
      for (const { network } of devices) network.heal();
    };
    heal();
    await Promise.all(underway);
    heal();
    const allOnline = (): string | undefined => {
      const offline = devices.find(({ client }) => client.state !== 'online');
      return offline && `A device of ${offline.client.user?.username} is ${offline.client.state}`;
    };
    const reconnectAll = async (): Promise<void> => {
      // Like a device whose network is back.
      for (const { client } of devices) client.reconnect();
      await eventually(devices, allOnline);
    };
    await reconnectAll();
    await eventually(devices, () => {
      const unsent = devices
        .flatMap(({ client }) => client.pending())
        .find(({ state }) => state === 'sending');
      return unsent && `'${unsent.content}' was never sent`;
    });
    // A device that reconnects gets all changes, including those whose events were lost.
    await reconnectAll();
    for (const goer of goers) await finishGoing(goer);
    // Completes departures that were interrupted and that no request has repeated.
    await cloud.lambda.invoke('chat-service-local-finish-departures', {});
    await whenMarked(players);
    await compare(world);
    await assertHidden(players);
    assert.deepEqual(
      hiddenFrom.devices.filter(({ saw }) => saw.has(hiding.id)),
      [],
      'Somebody was told whether a user who has blocked them is there',
    );
    await arena.sweep();
    await comparePushes(arena, { sleeper, grudging, grudge, deleted, chatIds: chatIds.slice(0, GROUPS - 1) });
    await assertNoOrphans(arena);
    await compareRestarted(world);
    for (const player of players) {
      for (const device of player.devices) {
        assert.deepEqual(device.wrong, []);
        for (const chatId of device.heardOf) {
          assert.ok(
            !chatIds.includes(chatId) || members.get(chatId)?.has(player.id) === true,
            `${player.id} heard of chat ${chatId}, where nobody ever put them`,
          );
        }
      }
    }
  } finally {
    arena.heal();
    await Promise.all(devices.map((device) => device.stop()));
  }
};

/** Checks that a sleeper was pushed each message once, unless it may have been deleted before, and nothing else. */
const comparePushes = async (
  arena: Arena,
  play: {
    readonly sleeper: Sleeper;
    readonly grudging: Sleeper;
    readonly grudge: { readonly chatId: number; readonly userId: number };
    /** Ids of messages that a user tried to delete. */
    readonly deleted: ReadonlySet<number>;
    readonly chatIds: readonly number[];
  },
): Promise<void> => {
  const { sleeper, grudging, grudge, deleted, chatIds } = play;
  const histories: Message[] = [];
  for (const chatId of chatIds) {
    const { status, body } = await sleeper.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: chatId, rev: 0 }],
      limit: 500,
    });
    assert.equal(status, 200);
    histories.push(...body.chats.flatMap(({ messages }) => messages));
  }
  const senderOf = new Map(histories.map(({ id, sender_id: senderId }) => [id, senderId]));
  const due = histories.filter(({ id, is_deleted: isDeleted }) => !isDeleted && !deleted.has(id));
  const isForGrudging = (chatId: number, senderId: number | undefined): boolean =>
    chatId !== grudge.chatId && senderId !== grudge.userId;
  const dueToGrudging = due.filter((one) => isForGrudging(one.chat_id, one.sender_id));
  await whenPushed(sleeper, due, HEALING_MS);
  await whenPushed(grudging, dueToGrudging, HEALING_MS);
  assertPushed(arena, sleeper.device, ({ id }) => senderOf.has(id));
  assertPushed(
    arena,
    grudging.device,
    ({ id, chat_id: chatId }) => senderOf.has(id) && isForGrudging(chatId, senderOf.get(id)),
  );
  assert.equal(await arena.deadLetters(), 0);
};

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, ChatDetail, Message, Page, PublicProfile } from '../../functions/contract/schemas.ts';
import type { MessageCursorPage } from '../../functions/messages/contract.ts';
import { createHttpClient, type HttpClient } from '../../lib/client/http-client.ts';
import { presenceOf } from '../../lib/client/presence/create-presence.ts';
import { chatState } from '../support/application.ts';
import { ready, textFile, type LocalFile } from '../support/uploads.ts';
import type { Arena } from './arena.ts';
import { openDevice, type Device } from './device.ts';
import { assertNoOrphans } from './files.ts';
import { assertPushed, blockedBy, enterSleeper, whenPushed, type Sleeper } from './pushes.ts';
import { CHATS, USERS, type Step } from './schedule.ts';

/** A user with one to three devices. */
interface Player {
  readonly id: number;
  readonly devices: readonly Device[];
  /** A client of the HTTP API that none of the devices know about. */
  readonly api: HttpClient;
}

/** The time in milliseconds that the service may take to recover after all faults have ended. */
const HEALING_MS = 60_000;
const PASSWORD = 'correct horse battery';
/** A user who has blocked another from the start, and never revokes the block. */
const HIDING = 7;
const HIDDEN_FROM = 6;

const pick = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('There is nothing to pick');
  return found;
};

const enter = async (baseUrl: string, devices: number): Promise<Player> => {
  const username = `player-${randomBytes(6).toString('hex')}`;
  const email = `${username}@example.org`;
  const first = await openDevice(baseUrl, (client) =>
    client.register({ username, email, password: PASSWORD }),
  );
  const others = await Promise.all(
    Array.from({ length: devices - 1 }, () =>
      openDevice(baseUrl, (client) => client.logIn(username, PASSWORD)),
    ),
  );
  const nobody = createHttpClient(baseUrl);
  const login = await nobody.request<{ access_token: string }>('POST', '/users/login', {
    username,
    password: PASSWORD,
  });
  assert.equal(login.status, 200);
  return {
    id: first.client.user?.id ?? 0,
    devices: [first, ...others],
    api: nobody.as(login.body.access_token),
  };
};

/**
 * A new user who is added to a chat and to a new group, creates a group, sets an avatar, and deletes the account, all
 * concurrently.
 *
 * @returns the user's API client; undefined when the log-in failed
 */
const comeAndGo = async (baseUrl: string, host: Player, chatId: number): Promise<HttpClient | undefined> => {
  const username = `goer-${randomBytes(6).toString('hex')}`;
  const nobody = createHttpClient(baseUrl);
  const account = { username, password: PASSWORD };
  const { body: user } = await nobody.request<{ id: number }>('POST', '/users/register', {
    ...account,
    email: `${username}@example.org`,
  });
  const login = await nobody.request<{ access_token: string }>('POST', '/users/login', account);
  const api = host.devices[0]?.api;
  if (login.status !== 200 || api === undefined) return undefined;
  const goer = nobody.as(login.body.access_token);
  const { id } = await ready({ api: goer }, PIXEL, { purpose: 'avatar' });
  const group = { chat_type: 'group', name: 'Come and go' } as const;
  await Promise.allSettled([
    api.createChat({ ...group, participant_ids: [user.id] }),
    goer.request('POST', '/chats', { ...group, participant_ids: [host.id] }),
    api.addParticipants(chatId, [user.id]),
    goer.request('PUT', '/users/me/avatar', { attachment_id: id }),
    goer.request('DELETE', '/users/me', { password: PASSWORD }),
  ]);
  return goer;
};

/** A picture of one pixel. */
const PIXEL: LocalFile = {
  bytes: Uint8Array.from(
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM448IAAALwAREudannAAAAAElFTkSuQmCC',
      'base64',
    ),
  ),
  file_name: 'me.png',
  content_type: 'image/png',
};

/** Uploads a file, and sends it, deletes it, or does both at once. */
const attach = async (
  { api }: Player,
  use: (Step & { readonly do: 'attach' })['use'],
  text: string,
  chatIds: readonly number[],
): Promise<void> => {
  const { id } = await ready({ api }, textFile(text));
  const sends = chatIds.slice(0, use === 'drop' ? 0 : use === 'twice' ? 2 : 1);
  await Promise.allSettled([
    ...sends.map((chatId) =>
      api.request('POST', '/messages', { chat_id: chatId, content: '', attachment_ids: [id] }),
    ),
    ...(use.endsWith('drop') ? [api.request('DELETE', `/attachments/${id}`)] : []),
  ]);
};

/** Sets or removes the avatar of a user, of a chat, or of both at once. */
const changePicture = async (
  { api }: Player,
  of: (Step & { readonly do: 'picture' })['of'],
  chatId: number,
): Promise<void> => {
  const id = of === 'nobody' ? null : (await ready({ api }, PIXEL, { purpose: 'avatar' })).id;
  const own = (): Promise<unknown> =>
    id === null
      ? api.request('DELETE', '/users/me/avatar')
      : api.request('PUT', '/users/me/avatar', { attachment_id: id });
  await Promise.allSettled([
    ...(of === 'chat' ? [] : [own()]),
    ...(of === 'oneself' ? [] : [api.request('PUT', `/chats/${chatId}`, { avatar_id: id })]),
  ]);
};

/** Repeats the deletion of an account until it is complete: 401 means that the account no longer exists. */
const finishGoing = async (goer: HttpClient): Promise<void> => {
  for (let tries = 0; tries < 20; tries += 1) {
    const { status } = await goer.request('DELETE', '/users/me', { password: PASSWORD });
    if (status === 204 || status === 401) return;
    assert.equal(status, 503);
  }
  throw new Error('An account could not be deleted');
};

/** Waits until no fault is found; checks after each event on a device. @throws Error with the remaining fault */
const eventually = async (devices: readonly Device[], findFault: () => string | undefined): Promise<void> => {
  const deadline = AbortSignal.timeout(HEALING_MS);
  const over = new Promise<void>((resolve) => {
    deadline.addEventListener('abort', () => resolve());
  });
  for (;;) {
    const fault = findFault();
    if (fault === undefined) return;
    if (deadline.aborted) throw new Error(fault);
    await Promise.race([over, ...devices.map((device) => device.changed())]);
  }
};

/** The body of a response. @throws AssertionError for any status except 200 */
const ask = async <Body>({ api }: Player, method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await api.request<Body>(method, path, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

const historyOf = async (player: Player, chatId: number): Promise<Message[]> => {
  const messages: Message[] = [];
  let after = 0;
  for (;;) {
    const path = `/messages/chat/${chatId}?after_seq=${after}&limit=100`;
    const page: MessageCursorPage = await ask(player, 'GET', path);
    messages.push(...page.items);
    if (!page.has_more || page.next_after_seq === null || page.next_after_seq === undefined) return messages;
    after = page.next_after_seq;
  }
};

/** The messages of a chat on a device, as the service would list them. */
const shown = (device: Device, chatId: number): Message[] =>
  [...(device.chats.get(chatId)?.messages.values() ?? [])]
    .filter((message) => !message.is_deleted)
    .toSorted((a, b) => a.seq - b.seq);

const EMOJI = ['👍', '❤️', '👩‍👩‍👧'];

/** Messages as short texts, for comparison and for error messages. */
const inWords = (messages: readonly Message[]): string[] =>
  messages.map((message) => {
    const { seq, rev, id, content, reactions, reply_to: quote, mentions, attachments } = message;
    const counts = reactions.map(({ emoji, count }) => `${emoji}${count}`);
    const quoted = quote === null ? '' : `> ${quote.id} ${quote.excerpt}`;
    const pin = message.pinned_at === null ? '' : `pinned at ${message.pinned_at} by ${message.pinned_by}`;
    const files = attachments.map((file) => `${file.id} ${file.status}`);
    return `${seq} (rev ${rev}, id ${id}): ${content} ${files.join()} ${quoted} @${mentions.join()} ${counts.join(' ')} ${pin}`;
  });

/** Plays a schedule, ends all faults, and checks that no message was lost, duplicated, reordered or shown to others. */
export const play = async (arena: Arena, steps: readonly Step[]): Promise<void> => {
  const { cloud } = arena;
  const baseUrl = `${cloud.httpUrl}/api/v1`;
  const players = await Promise.all(
    Array.from({ length: USERS }, (_, index) => enter(baseUrl, 1 + (index % 3))),
  );
  const devices = players.flatMap((player) => player.devices);
  try {
    await eventually(devices, () =>
      devices.every(({ client }) => client.state === 'online') ? undefined : 'Not everybody came online',
    );
    const [hiding, hiddenFrom] = [pick(players, HIDING), pick(players, HIDDEN_FROM)];
    assert.equal((await hiding.api.request('PUT', `/users/me/blocks/${hiddenFrom.id}`)).status, 204);
    // The sleeper gets pushes for everything; the grudging user for nothing in one chat, and for nothing by a blocked
    // user.
    const sleepers = await Promise.all([enterSleeper(arena), enterSleeper(arena)]);
    const [sleeper, grudging] = sleepers;
    const deleted = new Set<number>();
    const chatIds: number[] = [];
    const members = new Map<number, Set<number>>();
    for (let index = 0; index < CHATS; index += 1) {
      // The groups overlap, and one user is in all of them.
      const others = players.filter((_, at) => at !== 0 && (at + index) % 3 !== 0).map(({ id }) => id);
      // No sleeper is in the last group, so that all of its members can leave it.
      if (index < CHATS - 1) others.push(...sleepers.map(({ id }) => id));
      const chat = await pick(players, 0).devices[0]?.api.createChat({
        chat_type: 'group',
        name: `Group ${index}`,
        participant_ids: others,
      });
      assert.ok(chat !== undefined);
      chatIds.push(chat.id);
      members.set(chat.id, new Set([pick(players, 0).id, ...others]));
    }
    const grudge = { chatId: pick(chatIds, 0), userId: pick(players, 1).id };
    for (const path of [`/users/me/blocks/${grudge.userId}`, `/chats/${grudge.chatId}/notifications`]) {
      assert.ok((await grudging.api.request('PUT', path, { level: 'none' })).status < 300);
    }

    let count = 0;
    const goers: HttpClient[] = [];
    const underway: Promise<unknown>[] = [];
    /** A request may fail: the service's state shows what it changed. */
    const attempt = (request: Promise<unknown>): void => {
      underway.push(request.catch(() => undefined));
    };
    const begin = (step: Step): void => {
      switch (step.do) {
        case 'send': {
          count += 1;
          const device = pick(pick(players, step.user).devices, step.device);
          const chatId = pick(chatIds, step.chat);
          const known = [...(device.chats.get(chatId)?.messages.values() ?? [])];
          device.client.send(chatId, `message ${count}`, {
            ...(step.replyTo !== undefined &&
              known.length > 0 && { reply_to_id: pick(known, step.replyTo).id }),
            ...(step.mentioned !== undefined && { mentions: [pick(players, step.mentioned).id] }),
          });
          return;
        }
        case 'edit':
        case 'same':
        case 'delete':
        case 'restore':
        case 'pin':
        case 'unpin':
        case 'react':
        case 'unreact': {
          const [device] = pick(players, step.user).devices;
          const known = [...(device?.chats.get(pick(chatIds, step.chat))?.messages.values() ?? [])];
          if (device === undefined || known.length === 0) return;
          const { id } = pick(known, step.message);
          const { api } = device;
          if (step.do === 'react') return attempt(api.addReaction(id, pick(EMOJI, step.emoji)));
          if (step.do === 'unreact') return attempt(api.removeReaction(id, pick(EMOJI, step.emoji)));
          if (step.do === 'pin' || step.do === 'unpin') return attempt(api[step.do](id));
          count += 1;
          if (step.do === 'delete') deleted.add(id);
          if (step.do === 'edit') attempt(api.editMessage(id, `edit ${count}`));
          else if (step.do === 'same') attempt(api.editMessage(id, 'The same text'));
          else attempt(step.do === 'delete' ? api.deleteMessage(id) : api.restoreMessage(id));
          return;
        }
        case 'read': {
          const api = pick(players, step.user).devices[0]?.api;
          if (api !== undefined) attempt(api.markRead(pick(chatIds, step.chat), step.message));
          return;
        }
        case 'come-and-go':
          attempt(
            comeAndGo(baseUrl, pick(players, step.user), pick(chatIds, step.chat)).then((goer) =>
              goer === undefined ? 0 : goers.push(goer),
            ),
          );
          return;
        case 'attach':
          count += 1;
          attempt(
            attach(pick(players, step.user), step.use, `file ${count}`, [
              pick(chatIds, step.chat),
              pick(chatIds, step.chat + 1),
            ]),
          );
          return;
        case 'picture':
          attempt(changePicture(pick(players, step.user), step.of, pick(chatIds, step.chat)));
          return;
        case 'join':
        case 'leave': {
          presenceOf(pick(pick(players, step.user).devices, step.device).client)[step.do](
            pick(chatIds, step.chat),
          );
          return;
        }
        case 'add':
        case 'remove':
        case 'quit': {
          const chatId = pick(chatIds, step.chat);
          const { id } = pick(players, step.other);
          const api = pick(players, step.user).devices[0]?.api;
          if (api === undefined) return;
          if (step.do === 'add') {
            members.get(chatId)?.add(id);
            attempt(api.addParticipants(chatId, [id]));
          } else attempt(step.do === 'remove' ? api.removeParticipant(chatId, id) : api.leaveGroup(chatId));
          return;
        }
        case 'block':
        case 'unblock': {
          const api = pick(players, step.user).devices[0]?.api;
          const isFixed = step.user === HIDING && step.other === HIDDEN_FROM;
          if (api !== undefined && !isFixed) attempt(api[step.do](pick(players, step.other).id));
          return;
        }
        case 'type':
          presenceOf(pick(pick(players, step.user).devices, step.device).client).typing(
            pick(chatIds, step.chat),
          );
          return;
        case 'mute': {
          const api = pick(players, step.user).devices[0]?.api;
          const chatId = pick(chatIds, step.chat);
          if (api !== undefined) attempt(api.setChatNotifications(chatId, { level: step.level }));
          return;
        }
        case 'pushes':
          arena.faults.plan(step.fault, step.count);
          return;
        case 'rename': {
          const api = pick(players, step.user).devices[0]?.api;
          if (api !== undefined) attempt(api.renameChat(pick(chatIds, step.chat), `Name ${step.name}`));
          return;
        }
        case 'promote':
        case 'demote': {
          const { id } = pick(players, step.other);
          const api = pick(players, step.user).devices[0]?.api;
          if (api !== undefined) attempt(api.setAdmin(pick(chatIds, step.chat), id, step.do === 'promote'));
          return;
        }
        case 'hand-over':
        case 'ban':
        case 'unban':
        case 'invite':
        case 'describe': {
          const chatId = pick(chatIds, step.chat);
          const other = pick(players, step.other);
          const api = pick(players, step.user).devices[0]?.api;
          const guest = other.devices[0]?.api;
          if (api === undefined || guest === undefined) return;
          if (step.do === 'hand-over') attempt(api.setRole(chatId, other.id, 'owner'));
          else if (step.do === 'ban') attempt(api.banUser(chatId, other.id));
          else if (step.do === 'unban') attempt(api.unbanUser(chatId, other.id));
          else if (step.do === 'describe')
            attempt(api.updateChat(chatId, { description: `By ${step.other}` }));
          else {
            members.get(chatId)?.add(other.id);
            attempt(api.createInvite(chatId, { max_uses: 1 }).then(({ code }) => guest.acceptInvite(code)));
          }
          return;
        }
        case 'sleep':
          pick(pick(players, step.user).devices, step.device).sleep();
          return;
        case 'cut':
          pick(pick(players, step.user).devices, step.device).cut();
          return;
        case 'restart':
          attempt(pick(pick(players, step.user).devices, step.device).restart());
          return;
        case 'kill':
          attempt(cloud.lambda.kill(`chat-service-local-${step.victim}`));
          return;
        case 'kill-at':
          arena.stores[step.store].onNextRequest(step.moment, () => {
            for (const victim of ['receive-message', 'send-message']) {
              attempt(cloud.lambda.kill(`chat-service-local-${victim}`));
            }
          });
          return;
        case 'refuse': {
          const store = arena.stores[step.store];
          store.setMode('refuse');
          underway.push(
            new Promise<void>((resolve) => {
              setTimeout(() => {
                store.setMode('pass');
                resolve();
              }, step.ms);
            }),
          );
          return;
        }
        case 'posts':
          arena.spoilPosts(step.fate, step.count);
          return;
        case 'wait':
      }
    };
    for (const step of steps) {
      begin(step);
      await new Promise((resolve) => setTimeout(resolve, step.do === 'wait' ? step.ms : 1));
    }

    arena.heal();
    await Promise.all(underway);
    arena.heal();
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
    await compare(players);
    await assertHidden(players);
    assert.deepEqual(
      hiddenFrom.devices.filter(({ saw }) => saw.has(hiding.id)),
      [],
      'Somebody was told whether a user who has blocked them is there',
    );
    await arena.sweep();
    await comparePushes(arena, { sleeper, grudging, grudge, deleted, chatIds: chatIds.slice(0, -1) });
    await assertNoOrphans(arena);
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

/**
 * Checks that every device shows the service's state, and that the service has stored everything that it acknowledged.
 */
const compare = async (players: readonly Player[]): Promise<void> => {
  const stored = new Map<number, Message[]>();
  for (const player of players) {
    const { id, devices } = player;
    const { items } = await ask<Page<Chat>>(player, 'GET', '/chats?limit=100');
    const own = new Set(items.map((chat) => chat.id));
    for (const chat of items) {
      const { participants } = await ask<ChatDetail>(player, 'GET', `/chats/${chat.id}`);
      assert.ok(
        participants.every(({ username }) => username !== 'deleted user') &&
          participants.some(({ is_admin: isAdmin }) => isAdmin),
        `In chat ${chat.id} there is somebody who has gone, or nobody who is an admin`,
      );
      const should = chatState(chat, participants);
      for (const device of devices) {
        await eventually(devices, () => {
          const shown = device.chats.get(chat.id);
          const has = shown && chatState(shown.chat, shown.members?.values() ?? []);
          return isDeepStrictEqual(has, should)
            ? undefined
            : `A device of ${id} shows chat ${chat.id} as ${JSON.stringify(has)}, which is ${JSON.stringify(should)}`;
        });
      }
      if (chat.last_seq === 0) continue;
      const history = await historyOf(player, chat.id);
      stored.set(chat.id, history);
      assert.ok(
        history.every(({ content }) => content !== null),
        `A message of chat ${chat.id} has no content`,
      );
      // Including deleted messages, the `seq` numbers have no gaps.
      const everything = await ask<SyncAnswer>(player, 'POST', '/sync', {
        chats: [{ chat_id: chat.id, rev: 0 }],
        limit: 500,
      });
      const [all] = everything.chats;
      assert.ok(all !== undefined && !all.has_more);
      assert.deepEqual(
        all.messages.map(({ seq }) => seq).toSorted((a, b) => a - b),
        Array.from({ length: all.last_seq }, (_, index) => index + 1),
      );
      assert.deepEqual(
        inWords(history),
        inWords(all.messages.filter((message) => !message.is_deleted).toSorted((a, b) => a.seq - b.seq)),
      );
      const { items: pinned } = await ask<Page<Message>>(player, 'GET', `/chats/${chat.id}/pins?limit=100`);
      const pins = inWords(pinned);
      assert.deepEqual(
        pins.toSorted(),
        inWords(history.filter(({ pinned_at: at }) => at !== null)).toSorted(),
      );
      for (const device of devices) {
        await eventually(devices, () => {
          const has = inWords(device.chats.get(chat.id)?.pins.pins.value ?? []);
          return isDeepStrictEqual(has, pins)
            ? undefined
            : `A device of ${id} shows the pins of chat ${chat.id} as ${JSON.stringify(has)}, which are ${JSON.stringify(pins)}`;
        });
        await eventually(devices, () => {
          const [has, should] = [inWords(shown(device, chat.id)), inWords(history)];
          const missing = should.filter((text) => !has.includes(text));
          const extra = has.filter((text) => !should.includes(text));
          return missing.length + extra.length === 0
            ? undefined
            : `A device of ${id} differs in chat ${chat.id}: it lacks ${JSON.stringify(missing)}, and shows ${JSON.stringify(extra)}`;
        });
      }
    }
    for (const device of devices) {
      await eventually(devices, () => {
        const foreign = [...device.chats.keys()].find((chatId) => !own.has(chatId));
        return foreign === undefined ? undefined : `A device of ${id} still shows chat ${foreign}`;
      });
    }
  }

  const acknowledged = players.flatMap(({ devices }) => devices.flatMap((device) => device.acknowledged));
  for (const message of acknowledged) {
    const history = stored.get(message.chat_id);
    // All users have left the chat, so nobody can read it.
    if (history === undefined) continue;
    const same = history.filter(({ client_message_id: id }) => id === message.client_message_id);
    const [found] = same;
    if (found === undefined) {
      const asked = await findByMember(players, message);
      assert.equal(asked?.is_deleted, true, `'${message.content}' was acknowledged and is not there`);
    } else {
      assert.equal(same.length, 1, `'${message.content}' is there ${same.length} times`);
      assert.deepEqual([found.id, found.seq], [message.id, message.seq]);
    }
  }
};

/** Checks that a user's presence is hidden from exactly those whom the user has blocked. */
const assertHidden = async (players: readonly Player[]): Promise<void> => {
  const blocked = new Map(
    await Promise.all(players.map(async ({ id, api }) => [id, new Set(await blockedBy(api))] as const)),
  );
  for (const viewer of players) {
    for (const { id } of players) {
      if (id === viewer.id) continue;
      const profile = await ask<PublicProfile>(viewer, 'GET', `/users/${id}`);
      const isHidden = blocked.get(id)?.has(viewer.id) === true;
      assert.deepEqual([profile.online, profile.last_seen === null], [!isHidden, isHidden]);
    }
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

/** Fetches a message by its id, as a member of its chat. */
const findByMember = async (players: readonly Player[], message: Message): Promise<Message | undefined> => {
  for (const { devices } of players) {
    const [device] = devices;
    if (device?.chats.has(message.chat_id) === true) return device.api.getMessage(message.id);
  }
  return undefined;
};

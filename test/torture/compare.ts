import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Chat, ChatDetail, Message, PublicProfile } from '../../functions/contract/schemas.ts';
import type { Unread } from '../../functions/notifications/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import { chatState } from '../support/application.ts';
import { eventually, type Device } from './device.ts';
import type { Player } from './players.ts';
import { blockedBy } from './pushes.ts';
import { ask, historyOf, listOf } from './questions.ts';
import { GROUPS, PAIRS } from './schedule.ts';
import { pick, type World } from './steps.ts';

/** A chat as a user has it at the service. */
interface Stored {
  readonly chat: ChatDetail;
  /** Whether it is in the user's list; a hidden direct chat is not. */
  readonly isListed: boolean;
  /** Visible messages, oldest first. */
  readonly history: readonly Message[];
  /** Latest pin first. */
  readonly pins: readonly Message[];
}

/** The words of the texts that schedules send. */
const WORDS = ['message', 'edit', 'same'];

/** The messages of a chat on a device, as the service would list them. */
const shown = (device: Device, chatId: number): Message[] =>
  [...(device.chats.get(chatId)?.messages.values() ?? [])]
    .filter((message) => !message.is_deleted)
    .toSorted((a, b) => a.seq - b.seq);

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

/** The direct chats of a user, hidden ones included. */
const directChatsOf = ({ players, chatIds }: World, { id }: Player): number[] =>
  PAIRS.flatMap((pair, index) =>
    pair.some((at) => pick(players, at).id === id) ? [pick(chatIds, GROUPS + index)] : [],
  );

/** Reads a chat by every route that shows it or its messages, and compares the responses. */
const readChat = async (
  player: Player,
  chatId: number,
  listed: Chat | undefined,
  blocked: ReadonlySet<number>,
): Promise<Stored> => {
  const chat = await ask<ChatDetail>(player, 'GET', `/chats/${chatId}`);
  const { participants, ...plain } = chat;
  if (listed !== undefined) assert.deepEqual(chatState(plain, []), chatState(listed, []));
  assert.ok(
    participants.every(({ username }) => username !== 'deleted user') &&
      (chat.chat_type === 'direct' || participants.some(({ is_admin: isAdmin }) => isAdmin)),
    `In chat ${chatId} there is somebody who has gone, or nobody who is an admin`,
  );
  const history = await historyOf(player, chatId);
  assert.ok(
    history.every(({ content }) => content !== null),
    `A message of chat ${chatId} has no content`,
  );
  const pins = await listOf<Message>(player, `/chats/${chatId}/pins?limit=100`);
  if (chat.last_seq > 0) {
    // Including deleted messages, the `seq` numbers have no gaps.
    const everything = await ask<SyncAnswer>(player, 'POST', '/sync', {
      chats: [{ chat_id: chatId, rev: 0 }],
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
    assert.deepEqual(
      inWords(pins).toSorted(),
      inWords(history.filter(({ pinned_at: at }) => at !== null)).toSorted(),
    );
  }
  const unread = history.filter(
    ({ seq, sender_id: senderId }) =>
      seq > chat.last_read_seq && senderId !== player.id && !blocked.has(senderId),
  );
  const mentions = unread.filter((one) => one.mention_all || one.mentions.includes(player.id));
  assert.deepEqual(
    [chat.unread_count, chat.mention_count],
    [unread.length, mentions.length],
    `The unread messages of ${player.id} in chat ${chatId}, and those with a mention`,
  );
  return { chat, isListed: listed !== undefined, history, pins };
};

/** Compares a chat on a device with the service. */
const compareChat = async (
  { reopened }: World,
  { id, devices }: Player,
  device: Device,
  { chat, isListed, history, pins }: Stored,
): Promise<void> => {
  const { participants, ...plain } = chat;
  const should = chatState(plain, participants);
  await eventually(devices, () => {
    const shownChat = device.chats.get(chat.id);
    const isKnown = device.client.chats().some((one) => one.id === chat.id);
    // Neither hiding a direct chat nor opening it again is told to other devices, until there is a message.
    if (!isKnown && (!isListed || reopened.has(`${chat.id} ${id}`))) return undefined;
    const has = isKnown && shownChat && chatState(shownChat.chat, shownChat.members?.values() ?? []);
    return isDeepStrictEqual(has, should)
      ? undefined
      : `A device of ${id} shows chat ${chat.id} as ${JSON.stringify(has)}, which is ${JSON.stringify(should)}`;
  });
  const [pinned, messages] = [inWords(pins), inWords(history)];
  await eventually(devices, () => {
    const has = inWords(device.chats.get(chat.id)?.pins.pins.value ?? []);
    return isDeepStrictEqual(has, pinned)
      ? undefined
      : `A device of ${id} shows the pins of chat ${chat.id} as ${JSON.stringify(has)}, which are ${JSON.stringify(pinned)}`;
  });
  await eventually(devices, () => {
    const has = inWords(shown(device, chat.id));
    const missing = messages.filter((text) => !has.includes(text));
    const extra = has.filter((text) => !messages.includes(text));
    return missing.length + extra.length === 0
      ? undefined
      : `A device of ${id} differs in chat ${chat.id}: it lacks ${JSON.stringify(missing)}, and shows ${JSON.stringify(extra)}`;
  });
};

/** Compares what a user gets over all chats: the badge, mentions, and what searches find. */
const compareTotals = async (
  player: Player,
  chats: readonly Stored[],
  blocked: ReadonlySet<number>,
): Promise<void> => {
  const { id } = player;
  const sum = (field: 'unread_count' | 'mention_count'): number =>
    chats.reduce((total, { chat, isListed }) => total + (isListed ? chat[field] : 0), 0);
  assert.deepEqual(await ask<Unread>(player, 'GET', '/users/me/unread'), {
    unread_total: sum('unread_count'),
    mention_total: sum('mention_count'),
  });

  const messages = chats.flatMap(({ history }) => history).toSorted((a, b) => b.id - a.id);
  for (const word of WORDS) {
    assert.deepEqual(
      inWords(await listOf<Message>(player, `/messages/search?q=${word}&limit=100`)),
      inWords(messages.filter(({ content }) => content?.split(' ').includes(word))),
      `What ${id} finds by '${word}'`,
    );
  }

  // Who came later was not mentioned by what was said to everybody before.
  const since = new Map(
    chats.map(({ chat }) => {
      const own = chat.participants.find((one) => one.id === id);
      return [chat.id, own?.joined_at === chat.created_at];
    }),
  );
  const mentioned = await listOf<Message>(player, '/mentions?limit=100');
  const isIn = new Set(mentioned.map((message) => message.id));
  assert.deepEqual(
    inWords(mentioned),
    inWords(
      messages.filter(
        ({ id: messageId, chat_id: chatId, sender_id: senderId, mentions, mention_all: isForAll }) =>
          senderId !== id &&
          !blocked.has(senderId) &&
          (mentions.includes(id) || (isForAll && (since.get(chatId) === true || isIn.has(messageId)))),
      ),
    ),
    `What mentions ${id}`,
  );
};

/** Waits until the service has the read marks of all clients that are still running. */
export const whenMarked = async (players: readonly Player[]): Promise<void> => {
  for (const player of players) {
    for (const { marks } of player.devices) {
      for (const [chatId, seq] of marks) {
        await eventually(player.devices, async () => {
          const { status, body } = await player.api.request<Chat>('GET', `/chats/${chatId}`);
          return status === 404 || body.last_read_seq >= seq
            ? undefined
            : `${player.id} has read chat ${chatId} up to ${seq}, and not only up to ${body.last_read_seq}`;
        });
      }
    }
  }
};

/**
 * Checks that every device shows the service's state, and that the service has stored everything that it acknowledged.
 */
export const compare = async (world: World): Promise<void> => {
  const { players } = world;
  const stored = new Map<number, readonly Message[]>();
  for (const player of players) {
    const { id, devices } = player;
    const blocked = new Set(await blockedBy(player.api));
    const listed = new Map((await listOf<Chat>(player, '/chats?limit=100')).map((chat) => [chat.id, chat]));
    const own = new Set([...listed.keys(), ...directChatsOf(world, player)]);
    const chats: Stored[] = [];
    for (const chatId of own) chats.push(await readChat(player, chatId, listed.get(chatId), blocked));
    for (const { chat, history } of chats) stored.set(chat.id, history);
    await compareTotals(player, chats, blocked);
    for (const device of devices) {
      for (const chat of chats) await compareChat(world, player, device, chat);
      await eventually(devices, () => {
        const shownIds = [...device.chats.keys(), ...device.client.chats().map((chat) => chat.id)];
        const foreign = shownIds.find((chatId) => !own.has(chatId));
        return foreign === undefined ? undefined : `A device of ${id} still shows chat ${foreign}`;
      });
      await eventually(devices, () => {
        const other = players.find((one) => device.client.isBlocked(one.id) !== blocked.has(one.id));
        return other === undefined ? undefined : `A device of ${id} is wrong about the block of ${other.id}`;
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

/**
 * A user of each direct chat hides it, every device starts anew with its storage, which has the cursors of hidden chats,
 * too, and then the other user writes. Checks that each device lists what the service lists, and then the chats with
 * the messages.
 */
export const compareRestarted = async (world: World): Promise<void> => {
  const { players, chatIds } = world;
  const devices = players.flatMap((player) => player.devices);
  for (const [index, [hiding]] of PAIRS.entries()) {
    const hidden = `/chats/${pick(chatIds, GROUPS + index)}`;
    assert.equal((await pick(players, hiding).api.request('DELETE', hidden)).status, 204);
  }
  await Promise.all(devices.map((device) => device.restart()));
  for (const player of players) {
    const listed = await listOf<Chat>(player, '/chats?limit=100');
    await eventually(player.devices, () => {
      const lacking = player.devices.flatMap(({ client }) => {
        const ids = new Set(client.chats().map(({ id }) => id));
        return listed.filter(({ id }) => !ids.has(id));
      });
      return lacking[0] && `A device of ${player.id} lacks chat ${lacking[0].id} after its restart`;
    });
  }
  for (const [index, pair] of PAIRS.entries()) {
    const chatId = pick(chatIds, GROUPS + index);
    const both = pair.map((at) => pick(players, at));
    const { status, body } = await pick(both, 1).api.request<Message>('POST', '/messages', {
      chat_id: chatId,
      content: 'The last word',
    });
    // One of the two has blocked the other.
    if (status === 403) continue;
    assert.equal(status, 201);
    for (const player of both) {
      const chat = await readChat(player, chatId, undefined, new Set());
      for (const device of player.devices) {
        await eventually(player.devices, () =>
          shown(device, chatId).some(({ id }) => id === body.id)
            ? undefined
            : `${player.id} misses the last word`,
        );
        await compareChat({ ...world, reopened: new Set() }, player, device, { ...chat, isListed: true });
      }
    }
  }
};

/** Checks that a user's presence is hidden from exactly those whom the user has blocked. */
export const assertHidden = async (players: readonly Player[]): Promise<void> => {
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

/** Fetches a message by its id, as a member of its chat. */
const findByMember = async (players: readonly Player[], message: Message): Promise<Message | undefined> => {
  for (const { devices } of players) {
    const [device] = devices;
    if (device.chats.has(message.chat_id)) return device.api.getMessage(message.id);
  }
  return undefined;
};

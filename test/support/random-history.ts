import assert from 'node:assert/strict';
import { events, type EventType } from '../../functions/contract/events.ts';
import type { ChatDetail, Message } from '../../functions/contract/schemas.ts';
import type { ChatSocket, ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import { isAbout, drainFrames, newGroup, newPeople, send, type Person } from './people.ts';

/** A user with one connection, which receives the events of all of the user's chats. */
export interface WorldUser extends Person {
  readonly socket: ChatSocket;
  /** The events that reached the connection, in the order of the steps that caused them. */
  readonly received: ServerFrame[];
  /** The events of the current step. */
  readonly step: ServerFrame[];
}

/** Changes of a user's state that have no event of their own. */
const silentChanges = ['user_blocked', 'user_unblocked'] as const;

/** A step of a history: an event of this type, or a silent change. */
export type HistoryStep = EventType | (typeof silentChanges)[number];

/** The users of a history, and the state that is needed to cause further events. */
export interface World {
  readonly people: readonly WorldUser[];
  /** Returns a pseudo-random integer below `bound`, determined by the seed. */
  readonly random: (bound: number) => number;
  readonly chatIds: number[];
  /** Pairs of users with a direct chat. */
  readonly pairs: Set<string>;
  readonly messages: SentMessage[];
  /** `user other`: the user has blocked the other. */
  readonly blocks: Set<string>;
  /** `chat user`: the user is typing, as the others know it. */
  readonly typing: Set<string>;
}

interface SentMessage {
  readonly id: number;
  readonly chatId: number;
  readonly senderId: number;
  /** `user emoji` for each reaction. */
  readonly reactions: Set<string>;
  isPinned: boolean;
  isDeleted: boolean;
}

/** The current state of a chat, with the users in their roles. */
interface ChatSituation {
  readonly chat: ChatDetail;
  readonly members: readonly WorldUser[];
  readonly admins: readonly WorldUser[];
  /** The owner of a group, as the only item. */
  readonly owners: readonly WorldUser[];
  /** The users who may send now, without a limit of their own. */
  readonly senders: readonly WorldUser[];
  readonly outsiders: readonly WorldUser[];
}

/** Makes the service cause an event, whatever happened before. */
type Cause = (world: World) => Promise<void>;

export const openWorld = async (random: (bound: number) => number): Promise<World> => {
  const people = await newPeople('ada', 'barbara', 'edsger', 'grace');
  const sockets = await Promise.all(people.map((person) => person.connect()));
  return {
    people: people.map((person, index) => ({
      ...person,
      socket: sockets[index] as ChatSocket,
      received: [],
      step: [],
    })),
    random,
    chatIds: [],
    pairs: new Set(),
    messages: [],
    blocks: new Set(),
    typing: new Set(),
  };
};

export const closeWorld = async ({ people }: World): Promise<void> => {
  await Promise.all(people.map(({ socket }) => socket.close()));
};

const pick = <Item>({ random }: World, list: readonly Item[]): Item => {
  const found = list[random(list.length)];
  if (found === undefined) throw new Error('There is nothing to pick');
  return found;
};

const shuffled = <Item>(world: World, list: readonly Item[]): Item[] => {
  const rest = [...list];
  return list.map(() => rest.splice(world.random(rest.length), 1)[0] as Item);
};

/** Sends a request that must succeed. */
const ask = async <Body>(person: Person, method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await person.api.request<Body>(method, path, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

const isEvent = (frame: ServerFrame): frame is ServerFrame & { type: EventType } => frame.type in events;

const note = (world: World, person: WorldUser, frame: ServerFrame): void => {
  if (!isEvent(frame)) return;
  // A message ends its sender's typing, even if no other user is left to get an event about it.
  if (frame.type === 'new_message') {
    world.typing.delete(`${String(frame['chat_id'])} ${(frame['message'] as Message).sender_id}`);
  }
  const key = `${String(frame['chat_id'])} ${String(frame['user_id'])}`;
  if (frame.type === 'typing_started') world.typing.add(key);
  if (frame.type === 'typing_stopped') world.typing.delete(key);
  person.step.push(frame);
};

/** Waits until an event has reached all of these users: the response to its cause does not mean that it was sent. */
const waitForEvent = async (
  world: World,
  people: readonly WorldUser[],
  type: EventType,
  chatId: number,
): Promise<void> => {
  for (const person of people) note(world, person, await person.socket.take(isAbout(type, chatId)));
};

/** Collects the events of a step, in the order of the changes, which does not depend on the network. */
const listen = async (world: World): Promise<void> => {
  const place = (frame: ServerFrame): string =>
    [frame['chat_id'], frame['rev'] ?? 0].map((value) => String(value).padStart(16)).join() + frame.type;
  for (const person of world.people) {
    await drainFrames(person.socket);
    while (person.socket.untaken.length > 0) note(world, person, await person.socket.take(() => true));
    // The sort is stable: events with the same position stay in the order of arrival.
    person.step.sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
    person.received.push(...person.step.splice(0));
  }
};

/** Whether one of two users has blocked the other. */
const haveBlock = ({ blocks }: World, one: Person, other: Person): boolean =>
  blocks.has(`${one.id} ${other.id}`) || blocks.has(`${other.id} ${one.id}`);

/** The users between whom and this user there is no block in either direction. */
const unblockedWith = (world: World, people: readonly WorldUser[], person: Person): WorldUser[] =>
  people.filter((one) => one.id !== person.id && !haveBlock(world, one, person));

const look = async (world: World, chatId: number): Promise<ChatSituation | undefined> => {
  const { people } = world;
  for (const person of people) {
    const { status, body } = await person.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    if (status !== 200) continue;
    const seats = new Map(body.participants.map((one) => [one.id, one]));
    const members = people.filter(({ id }) => seats.has(id));
    const admins = people.filter(({ id }) => seats.get(id)?.is_admin === true);
    return {
      chat: body,
      members,
      admins,
      owners: people.filter(({ id }) => seats.get(id)?.role === 'owner'),
      senders:
        body.chat_type === 'direct'
          ? members.filter((one) => without(members, one).every((other) => !haveBlock(world, one, other)))
          : body.posting === 'admins' || body.slow_seconds > 0
            ? admins
            : members,
      outsiders: people.filter(({ id }) => !seats.has(id)),
    };
  }
  return undefined;
};

const find = async (
  world: World,
  fits: (place: ChatSituation) => boolean,
): Promise<ChatSituation | undefined> => {
  for (const chatId of shuffled(world, world.chatIds)) {
    const place = await look(world, chatId);
    if (place !== undefined && fits(place)) return place;
  }
  return undefined;
};

/** A random chat that matches; otherwise a new group of two of the users. */
const pickOrCreateChat = async (
  world: World,
  fits: (place: ChatSituation) => boolean,
): Promise<ChatSituation> => {
  const found = await find(world, fits);
  if (found !== undefined) return found;
  // A user with the fewest blocks can add the others.
  const [creator] = shuffled(world, world.people).toSorted(
    (a, b) => unblockedWith(world, world.people, b).length - unblockedWith(world, world.people, a).length,
  );
  if (creator === undefined) throw new Error('There is nobody');
  const { id } = await newGroup(creator, pick(world, unblockedWith(world, world.people, creator)));
  world.chatIds.push(id);
  const place = await look(world, id);
  if (place === undefined || !fits(place)) throw new Error('A new group of two does not fit');
  return place;
};

const isGroup = ({ chat }: ChatSituation): boolean => chat.chat_type === 'group';
const isShared = ({ members }: ChatSituation): boolean => members.length > 1;
const isOpen = (place: ChatSituation): boolean => isShared(place) && place.senders.length > 0;
const without = (people: readonly WorldUser[], person: Person): WorldUser[] =>
  people.filter(({ id }) => id !== person.id);

/** A content that is too large for an event, which then lacks it. */
const LARGE = '🦋'.repeat(10_000);

/** Mentions of random users, in the chat or not, possibly of everybody; or none. */
const someMentions = (world: World): { mentions?: number[]; mention_all?: boolean } => ({
  ...(world.random(4) !== 0 && {
    mentions: shuffled(world, world.people)
      .slice(world.random(world.people.length + 1))
      .map(({ id }) => id),
  }),
  ...(world.random(2) === 0 && { mention_all: world.random(2) === 0 }),
});

/** A random message to reply to, or none. */
const someTarget = (world: World, chatId: number): { reply_to_id?: number } => {
  const targets = world.messages.filter((one) => one.chatId === chatId && !one.isDeleted);
  return targets.length === 0 || world.random(2) === 0 ? {} : { reply_to_id: pick(world, targets).id };
};

const sendSomewhere = async (world: World): Promise<SentMessage> => {
  const { chat, members, senders } = await pickOrCreateChat(world, isOpen);
  const sender = pick(world, senders);
  const content = `message ${world.messages.length}`;
  const options = { ...someTarget(world, chat.id), ...someMentions(world) };
  let message: Message;
  if (world.random(2) === 0) {
    message = await send(sender, chat.id, world.random(6) === 0 ? LARGE : content, options);
  } else {
    sender.socket.send({ type: 'message', chat_id: chat.id, content, ...options });
    const ack = await sender.socket.take(isAbout('ack', chat.id));
    message = ack['message'] as Message;
    await waitForEvent(world, members, 'new_message', chat.id);
  }
  const sent = {
    id: message.id,
    chatId: chat.id,
    senderId: sender.id,
    reactions: new Set<string>(),
    isPinned: false,
    isDeleted: false,
  };
  world.messages.push(sent);
  return sent;
};

/** A message, deleted or not, whose sender can still change it, together with that sender. */
const someMessage = async (
  world: World,
  isDeleted: boolean,
): Promise<{ readonly message: SentMessage; readonly sender: WorldUser }> => {
  for (const message of shuffled(world, world.messages)) {
    if (message.isDeleted !== isDeleted) continue;
    const sender = (await look(world, message.chatId))?.members.find(({ id }) => id === message.senderId);
    if (sender !== undefined) return { message, sender };
  }
  if (isDeleted) await causes.message_deleted(world);
  else await sendSomewhere(world);
  return someMessage(world, isDeleted);
};

const EMOJI = ['👍', '❤️', '👩‍👩‍👧', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣'];

/** A user who can see the message adds a new reaction. */
const react = async (world: World): Promise<SentMessage> => {
  const { message } = await someMessage(world, false);
  const { members = [] } = (await look(world, message.chatId)) ?? {};
  const free = members.flatMap(({ id }) =>
    EMOJI.map((emoji) => `${id} ${emoji}`).filter((key) => !message.reactions.has(key)),
  );
  if (free.length === 0) {
    await sendSomewhere(world);
    return react(world);
  }
  await changeReaction(world, message, 'PUT', pick(world, free));
  return message;
};

const changeReaction = async (
  { people }: World,
  message: SentMessage,
  method: 'PUT' | 'DELETE',
  key: string,
): Promise<void> => {
  const [userId = '', emoji = ''] = key.split(' ');
  const person = people.find(({ id }) => id === Number(userId));
  if (person === undefined) throw new Error('Nobody reacts');
  await ask(person, method, `/messages/${message.id}/reactions/${encodeURIComponent(emoji)}`);
  if (method === 'PUT') message.reactions.add(key);
  else message.reactions.delete(key);
};

/** Pins a message, or unpins a pinned one. */
const changePin = async (world: World, method: 'PUT' | 'DELETE'): Promise<SentMessage> => {
  for (const message of shuffled(world, world.messages)) {
    if (message.isDeleted || message.isPinned === (method === 'PUT')) continue;
    const place = await look(world, message.chatId);
    if (place === undefined) continue;
    await ask(
      pick(world, isGroup(place) ? place.admins : place.members),
      method,
      `/messages/${message.id}/pin`,
    );
    message.isPinned = method === 'PUT';
    return message;
  }
  if (method === 'PUT') await sendSomewhere(world);
  else await changePin(world, 'PUT');
  return changePin(world, method);
};

const sayTyping = async (
  world: World,
  { chat, members }: ChatSituation,
  person: WorldUser,
  content: 'start' | 'stop',
): Promise<void> => {
  person.socket.send({ type: 'typing', chat_id: chat.id, content });
  const type = content === 'start' ? 'typing_started' : 'typing_stopped';
  await waitForEvent(world, unblockedWith(world, members, person), type, chat.id);
};

/** Members of a chat whose typing another member sees: there is no block between the two. */
const typistsIn = (world: World, { members }: ChatSituation): WorldUser[] =>
  members.filter((person) => unblockedWith(world, members, person).length > 0);

const startTyping = async (
  world: World,
): Promise<{ readonly place: ChatSituation; readonly person: WorldUser }> => {
  const place = await pickOrCreateChat(world, (one) => typistsIn(world, one).length > 0);
  const person = pick(world, typistsIn(world, place));
  // A repeated `start` causes no event.
  if (world.typing.has(`${place.chat.id} ${person.id}`)) await sayTyping(world, place, person, 'stop');
  await sayTyping(world, place, person, 'start');
  return { place, person };
};

const sayPresence = async (
  world: World,
  person: WorldUser,
  chatId: number,
  type: 'join' | 'leave',
): Promise<void> => {
  person.socket.send({ type, chat_id: chatId, ref: type });
  await person.socket.take((frame) => isAbout('ack', chatId)(frame) && frame['ref'] === type);
  // Leaving also ends the user's typing, without an event.
  if (type === 'leave') world.typing.delete(`${chatId} ${person.id}`);
};

const join = async (world: World): Promise<{ readonly place: ChatSituation; readonly person: WorldUser }> => {
  const place = await pickOrCreateChat(world, (one) => typistsIn(world, one).length > 0);
  const person = pick(world, typistsIn(world, place));
  await sayPresence(world, person, place.chat.id, 'leave');
  await sayPresence(world, person, place.chat.id, 'join');
  await waitForEvent(world, witnessesOf(world, place, person), 'user_joined', place.chat.id);
  return { place, person };
};

/** The other members who see the user's presence: all except those whom the user has blocked. */
const witnessesOf = ({ blocks }: World, { members }: ChatSituation, person: Person): WorldUser[] =>
  without(members, person).filter(({ id }) => !blocks.has(`${person.id} ${id}`));

/** Creates or revokes a block. */
const changeBlock = async (world: World, key: string, method: 'PUT' | 'DELETE'): Promise<void> => {
  const [userId, otherId] = key.split(' ').map(Number);
  const person = world.people.find(({ id }) => id === userId);
  if (person === undefined) throw new Error('Nobody blocks');
  await ask(person, method, `/users/me/blocks/${otherId}`);
  if (method === 'PUT') world.blocks.add(key);
  else world.blocks.delete(key);
};

/** With more blocks, it might be impossible for some users to write to anybody. */
const BLOCKS_MAX = 2;

/** How to cause each event. A new event of the registry does not compile without an entry here. */
const causes: Readonly<Record<HistoryStep, Cause>> = {
  new_message: async (world) => {
    await sendSomewhere(world);
  },
  message_updated: async (world) => {
    const { message, sender } = await someMessage(world, false);
    const content =
      world.random(4) === 0
        ? `${LARGE.slice(12)}${world.random(1_000_000)}`
        : `edit ${world.random(1_000_000)}`;
    await ask(sender, 'PUT', `/messages/${message.id}`, { content, ...someMentions(world) });
  },
  message_deleted: async (world) => {
    const { message, sender } = await someMessage(world, false);
    await ask(sender, 'DELETE', `/messages/${message.id}`);
    message.isDeleted = true;
    message.isPinned = false;
  },
  message_restored: async (world) => {
    const { message, sender } = await someMessage(world, true);
    await ask(sender, 'POST', `/messages/${message.id}/restore`);
    message.isDeleted = false;
  },
  reaction_added: async (world) => {
    await react(world);
  },
  reaction_removed: async (world) => {
    for (const message of shuffled(world, world.messages)) {
      if (message.isDeleted) continue;
      // A user who has left the chat keeps the reaction, and cannot remove it.
      const ids = (await look(world, message.chatId))?.members.map(({ id }) => String(id)) ?? [];
      const keys = [...message.reactions].filter((key) => ids.includes(key.split(' ')[0] ?? ''));
      if (keys.length > 0) return changeReaction(world, message, 'DELETE', pick(world, keys));
    }
    const message = await react(world);
    return changeReaction(world, message, 'DELETE', [...message.reactions].at(-1) ?? '');
  },
  message_pinned: async (world) => {
    await changePin(world, 'PUT');
  },
  message_unpinned: async (world) => {
    await changePin(world, 'DELETE');
  },
  typing_started: async (world) => {
    await startTyping(world);
  },
  typing_stopped: async (world) => {
    const { place, person } = await startTyping(world);
    await sayTyping(world, place, person, 'stop');
  },
  user_joined: async (world) => {
    await join(world);
  },
  user_left: async (world) => {
    const { place, person } = await join(world);
    await sayPresence(world, person, place.chat.id, 'leave');
    await waitForEvent(world, witnessesOf(world, place, person), 'user_left', place.chat.id);
  },
  read_receipt: async (world) => {
    const marks = ({ chat }: ChatSituation) =>
      new Map(chat.participants.map((one) => [one.id, one.last_read_seq]));
    const behind = (place: ChatSituation): WorldUser[] =>
      place.members.filter(({ id }) => (marks(place).get(id) ?? 0) < place.chat.last_seq);
    // A new message is unread by everybody except its sender.
    const place =
      (await find(world, (one) => behind(one).length > 0)) ??
      (await look(world, (await sendSomewhere(world)).chatId));
    if (place === undefined) throw new Error('A chat with a new message has nobody in it');
    const reader = pick(world, behind(place));
    const mark = marks(place).get(reader.id) ?? 0;
    const seq = mark + 1 + world.random(place.chat.last_seq - mark);
    await ask(reader, 'POST', `/chats/${place.chat.id}/read`, { seq });
  },
  chat_created: async (world) => {
    const creator = pick(
      world,
      world.people.filter((one) => unblockedWith(world, world.people, one).length > 0),
    );
    const [other, ...more] = shuffled(world, unblockedWith(world, world.people, creator));
    if (other === undefined) throw new Error('There is nobody to chat with');
    const pair = [creator.id, other.id].toSorted((a, b) => a - b).join();
    if (world.random(2) === 0 && !world.pairs.has(pair)) {
      world.pairs.add(pair);
      const body = { chat_type: 'direct', participant_ids: [other.id] };
      world.chatIds.push((await ask<ChatDetail>(creator, 'POST', '/chats', body)).id);
    } else {
      const others = [other, ...more.slice(world.random(more.length + 1))];
      world.chatIds.push((await newGroup(creator, ...others)).id);
    }
  },
  chat_updated: async (world) => {
    if (world.random(3) === 0) {
      const { chat, members } = await pickOrCreateChat(world, isShared);
      const own = pick(world, members);
      const { notifications } = await ask<ChatDetail>(own, 'GET', `/chats/${chat.id}`);
      const others = (['all', 'mentions', 'none'] as const).filter((level) => level !== notifications.level);
      const level = pick(world, others);
      await ask(own, 'PUT', `/chats/${chat.id}/notifications`, { level });
      return;
    }
    const { chat, admins } = await pickOrCreateChat(world, isGroup);
    const change = pick(world, [
      { name: `Name ${world.random(1_000_000)}` },
      { description: `About ${world.random(1_000_000)}` },
      { posting: chat.posting === 'admins' ? 'everyone' : 'admins' },
      { slow_seconds: chat.slow_seconds === 0 ? 60 : 0 },
    ]);
    await ask(pick(world, admins), 'PUT', `/chats/${chat.id}`, change);
  },
  participants_added: async (world) => {
    const guestsOf = (place: ChatSituation, admin: WorldUser): WorldUser[] =>
      unblockedWith(world, place.outsiders, admin);
    const hosts = (place: ChatSituation): WorldUser[] =>
      place.admins.filter((admin) => guestsOf(place, admin).length > 0);
    const place = await pickOrCreateChat(world, (one) => isGroup(one) && hosts(one).length > 0);
    const admin = pick(world, hosts(place));
    const guests = guestsOf(place, admin);
    const added = shuffled(world, guests).slice(world.random(guests.length));
    for (const { id } of added) await ask(admin, 'DELETE', `/chats/${place.chat.id}/bans/${id}`);
    const [guest] = added;
    if (guest !== undefined && world.random(2) === 0) {
      const body = { max_uses: 1 };
      const { code } = await ask<{ code: string }>(admin, 'POST', `/chats/${place.chat.id}/invites`, body);
      await ask(guest, 'POST', `/invites/${code}/accept`);
    } else {
      await ask(admin, 'POST', `/chats/${place.chat.id}/participants`, {
        user_ids: added.map(({ id }) => id),
      });
    }
  },
  participants_removed: async (world) => {
    const { chat, members, owners } = await pickOrCreateChat(world, (one) => isGroup(one) && isShared(one));
    const owner = pick(world, owners);
    const { id } = pick(world, without(members, owner));
    const removals = [
      () => ask(pick(world, members), 'DELETE', `/chats/${chat.id}`),
      () => ask(owner, 'DELETE', `/chats/${chat.id}/participants?user_id=${id}`),
      () => ask(owner, 'PUT', `/chats/${chat.id}/bans/${id}`, {}),
    ];
    await pick(world, removals)();
  },
  participant_updated: async (world) => {
    const { chat, members, admins, owners } = await pickOrCreateChat(
      world,
      (one) => isGroup(one) && isShared(one),
    );
    const owner = pick(world, owners);
    const { id } = pick(world, without(members, owner));
    const isAdmin = admins.some((one) => one.id === id);
    await ask(
      owner,
      'PUT',
      `/chats/${chat.id}/participants/${id}`,
      pick(world, [{ is_admin: !isAdmin }, { role: isAdmin ? 'member' : 'admin' }, { role: 'owner' }]),
    );
  },
  user_blocked: async (world) => {
    const [former] = shuffled(world, [...world.blocks]);
    const pairs = world.people.flatMap((one) =>
      without(world.people, one).map(({ id }) => `${one.id} ${id}`),
    );
    const next = pick(
      world,
      pairs.filter((pair) => !world.blocks.has(pair)),
    );
    if (former !== undefined && world.blocks.size >= BLOCKS_MAX) await changeBlock(world, former, 'DELETE');
    await changeBlock(world, next, 'PUT');
  },
  user_unblocked: async (world) => {
    if (world.blocks.size === 0) await causes.user_blocked(world);
    await changeBlock(world, pick(world, [...world.blocks]), 'DELETE');
  },
};

/** All kinds of steps. */
export const happenings = Object.keys(causes) as HistoryStep[];

const isSilent = (happening: HistoryStep): boolean => silentChanges.some((one) => one === happening);

/** Whether a value reveals a user's presence: an event about presence or typing, or a profile. */
const tellsPresence = (value: unknown, userId: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type, user_id: about, online, last_seen: seen } = value as Record<string, unknown>;
  if (id === userId && (online === true || typeof seen === 'string')) return true;
  if (about === userId && typeof type === 'string' && /^(user|typing)_/.test(type)) return true;
  return Object.values(value).some((part) => tellsPresence(part, userId));
};

/** Checks that a user was told nothing about the presence of users who have blocked them. */
export const assertPresenceHidden = (
  blocks: ReadonlySet<string>,
  { id }: Pick<Person, 'id'>,
  told: readonly unknown[],
): void => {
  for (const block of blocks) {
    const [userId, blockedId] = block.split(' ').map(Number);
    if (userId === undefined || blockedId !== id) continue;
    const telling = told.find((one) => tellsPresence(one, userId));
    assert.equal(telling, undefined, `${id} was told of ${userId}, by whom they are blocked`);
  }
};

/**
 * Performs a step, and collects all events that reached the users.
 *
 * @throws AssertionError when no user received an event of this type, or a user was told about the presence of another
 *   who has blocked them
 */
export const cause = async (world: World, happening: HistoryStep): Promise<void> => {
  const before = world.people.map(({ received }) => received.length);
  const blocks = [...world.blocks];
  try {
    await causes[happening](world);
  } catch (error) {
    throw new Error(`${happening} could not be caused`, { cause: error });
  }
  await listen(world);
  // A new block causes the same event as leaving, and its end the same as joining, so only blocks that existed
  // throughout the step count.
  const kept = new Set(blocks.filter((block) => world.blocks.has(block)));
  for (const [index, person] of world.people.entries()) {
    assertPresenceHidden(kept, person, person.received.slice(before[index]));
  }
  const caused = world.people.flatMap(({ received }, index) => received.slice(before[index]));
  assert.ok(
    isSilent(happening) || caused.some((frame) => frame.type === happening),
    `${happening} was not caused; received instead: ${caused.map((frame) => frame.type).join(', ')}`,
  );
};

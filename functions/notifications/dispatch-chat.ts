import { chatStore } from '../chats/live.ts';
import type { ChatStore } from '../chats/stores/chats.ts';
import { queueAt, type Queue } from '../gateways/queue.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import { carries, isLive, liveConnections } from '../presence/live.ts';
import type { Connection, ConnectionStore } from '../presence/stores/connections.ts';
import { findSessionStates } from '../sessions/find-session-states.ts';
import { deviceStore, dispatchStore } from './live.ts';
import { recordDeviceCount } from './record-device-count.ts';
import { PUSH_SECONDS, decideNotification, isMentioned } from './rules.ts';
import type { DeviceRow, DeviceStore } from './stores/devices.ts';
import type { DispatchMember, DispatchPosition, DispatchStore } from './stores/dispatch.ts';
import { previewOf, toPush } from './to-push.ts';
import type { DispatchWork, PushWork } from './work.ts';

export interface DispatchEffects {
  readonly dispatch: DispatchStore;
  readonly devices: Pick<DeviceStore, 'forget'>;
  readonly messages: Pick<MessageStore, 'listBySeq'>;
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly chats: Pick<ChatStore, 'sumUnread'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly findSessionStates: typeof findSessionStates;
  readonly recordDeviceCount: (userId: number) => Promise<void>;
  readonly pushes: Pick<Queue, 'send'>;
  readonly held: Pick<Queue, 'send'>;
  readonly holdMs: () => number;
  /** The kinds of devices that this stage sends to. */
  readonly kinds: () => readonly string[];
  readonly clock: Clock;
}

/** The live effects of dispatching in this stage. */
const liveDispatch: DispatchEffects = {
  dispatch: dispatchStore,
  devices: deviceStore,
  messages: messageStore,
  contents: contentStore,
  chats: chatStore,
  connections: liveConnections,
  findSessionStates: (keys) => findSessionStates(keys),
  recordDeviceCount: (userId) => recordDeviceCount(userId),
  pushes: { send: (messages) => queueAt(environmentOf('push-queue').PUSH_QUEUE_URL).send(messages) },
  held: { send: (messages) => queueAt(environmentOf('dispatch-queue').DISPATCH_QUEUE_URL).send(messages) },
  holdMs: () => environmentOf('dispatch-queue').PUSH_HOLD_SECONDS * 1000,
  kinds: () => environmentOf('push-info').PUSH_KINDS.split(','),
  clock: systemClock,
};

/** How many messages one step decides on. */
const CHUNK = 100;

/**
 * How many of a chat's latest messages are considered. A message to members without devices wakes no dispatch, so that
 * the mark may be far behind.
 */
const BACKLOG = 1000;

/**
 * The members with those of their devices whose sessions are live. Deletes devices whose session has ended; keeps
 * those of a suspended account for when the suspension is over.
 */
const withLiveDevices = async (
  members: readonly DispatchMember[],
  effects: DispatchEffects,
): Promise<DispatchMember[]> => {
  const all = members.flatMap(({ devices }) => devices);
  const stateOf = await effects.findSessionStates(
    all.map((device) => ({ userId: device.user_id, sessionId: device.session_id })),
  );
  const isLiveDevice = (device: DeviceRow): boolean => stateOf(device.user_id, device.session_id) === 'live';
  const ended = all.filter((device) => stateOf(device.user_id, device.session_id) === 'ended');
  if (ended.length > 0) {
    await effects.devices.forget(ended);
    await Promise.all([...new Set(ended.map((device) => device.user_id))].map(effects.recordDeviceCount));
  }
  return members
    .map((member) => ({ ...member, devices: member.devices.filter(isLiveDevice) }))
    .filter(({ devices }) => devices.length > 0);
};

interface Decision {
  readonly message: MessageMetadata;
  readonly member: DispatchMember;
}

/** Decides for each message and member, by the current state: push, hold or skip. */
const decide = async (
  messages: readonly MessageMetadata[],
  members: readonly DispatchMember[],
  chatId: number,
  effects: DispatchEffects,
): Promise<{ readonly push: Decision[]; readonly hold: Decision[] }> => {
  const userIds = members.map(({ userId }) => userId);
  const [connections, blocks] = await Promise.all([
    effects.connections.findByUsers(userIds),
    effects.dispatch.findBlocks(userIds, [...new Set(messages.map((message) => message.sender_id))]),
  ]);
  const carriesLive = (connection: Connection): boolean =>
    isLive(connection, effects.clock) && carries(connection, chatId);
  const connected = new Set(connections.filter(carriesLive).map(({ userId }) => userId));
  const now = effects.clock();
  const decisions = { push: [] as Decision[], hold: [] as Decision[] };
  for (const message of messages) {
    if (now.getTime() - message.timestamp.getTime() > PUSH_SECONDS * 1000) continue;
    for (const member of members) {
      const { userId } = member;
      const answer = decideNotification(
        {
          seq: message.seq,
          senderId: message.sender_id,
          sentAt: message.timestamp,
          mentions: message.mentions,
          mentionsAll: message.mention_all,
        },
        {
          ...member,
          hasBlockedSender: blocks.has(`${userId} ${message.sender_id}`),
          isConnected: connected.has(userId),
        },
        now,
        effects.holdMs(),
      );
      if (answer !== 'skip') decisions[answer].push({ message, member });
    }
  }
  return decisions;
};

/** The pushes of decisions: one for each of the member's devices that was registered before the message was sent. */
const toPushes = async (
  decisions: readonly Decision[],
  chatId: number,
  place: DispatchPosition,
  attempt: number,
  effects: DispatchEffects,
): Promise<PushWork[]> => {
  if (decisions.length === 0) return [];
  const shown = new Map(
    decisions.filter(({ member }) => member.preview).map(({ message }) => [message.id, message]),
  );
  const userIds = [...new Set(decisions.map(({ member }) => member.userId))];
  const [texts, unread] = await Promise.all([
    shown.size === 0
      ? new Map<string, { content: string }>()
      : effects.contents.findMany([...shown.values()]),
    effects.chats.sumUnread(userIds, effects.clock()),
  ]);
  const kinds = new Set(effects.kinds());
  return decisions.flatMap(({ message, member }) => {
    const mention = isMentioned(
      { mentions: message.mentions, mentionsAll: message.mention_all },
      member.userId,
    );
    const payload = {
      type: 'message',
      chat_id: chatId,
      id: message.id,
      seq: message.seq,
      chat_name: place.name,
      sender_username: message.sender_username,
      preview: member.preview ? previewOf(texts.get(message.message_id)?.content) : null,
      mention,
      unread_total: unread.get(member.userId)?.unread_count ?? 0,
    } as const;
    const urgency = place.chatType === 'direct' || mention ? 'high' : 'normal';
    return member.devices
      .filter((device) => kinds.has(device.kind) && device.created_at <= message.timestamp)
      .map((device) => toPush(device, payload, urgency, attempt));
  });
};

/** The device and the next attempt of a failed push; empty for a first decision, on all devices. */
type Retried = Pick<DispatchWork & { readonly type: 'held' }, 'device_id' | 'attempt'>;

/** Sends pushes to the push queue, and held decisions back to the dispatch queue. */
const enqueue = async (
  chatId: number,
  place: DispatchPosition,
  { push, hold }: Awaited<ReturnType<typeof decide>>,
  effects: DispatchEffects,
  retried: Retried = {},
): Promise<void> => {
  const pushes = await toPushes(push, chatId, place, retried.attempt ?? 1, effects);
  if (pushes.length > 0) await effects.pushes.send(pushes.map((body) => ({ body })));
  if (hold.length === 0) return;
  const seqs = hold.map(({ message }) => message.seq);
  const latest = Math.max(...hold.map(({ message }) => message.timestamp.getTime()));
  const work: DispatchWork = {
    type: 'held',
    chat_id: chatId,
    from_seq: Math.min(...seqs),
    to_seq: Math.max(...seqs),
    user_ids: [...new Set(hold.map(({ member }) => member.userId))],
    ...retried,
  };
  // Delays until the latest held message has been visible for the hold time.
  const waitMs = latest + effects.holdMs() - effects.clock().getTime();
  await effects.held.send([
    { body: work, delaySeconds: Math.min(900, Math.max(0, Math.ceil(waitMs / 1000))) },
  ]);
};

/**
 * Decides who gets a push for those of a chat's messages that are still undecided, and saves the progress once the
 * pushes are queued. Idempotent, also for concurrent runs: a push that is queued twice is sent once. See decision 61.
 *
 * @returns how many messages it decided on
 */
export const dispatchChat = async (
  chatId: number,
  effects: DispatchEffects = liveDispatch,
): Promise<number> => {
  const { dispatch, messages } = effects;
  const place = await dispatch.findPosition(chatId);
  if (place === undefined) return 0;
  let decided = 0;
  let after = Math.max(place.dispatchedSeq ?? 0, place.lastSeq - BACKLOG);
  while (after < place.lastSeq) {
    const members = await withLiveDevices(await dispatch.listMembers(chatId), effects);
    const found = members.length === 0 ? [] : await messages.listBySeq(chatId, { after }, CHUNK);
    if (found.length > 0)
      await enqueue(chatId, place, await decide(found, members, chatId, effects), effects);
    decided += found.length;
    // Deleted messages at the end are not listed.
    after = found.length < CHUNK ? Math.max(place.lastSeq, found.at(-1)?.seq ?? 0) : (found.at(-1)?.seq ?? 0);
    await dispatch.advance(chatId, after);
  }
  return decided;
};

/** Decides once more on messages that were held, after their users had time to read them. */
export const dispatchHeld = async (
  work: DispatchWork & { readonly type: 'held' },
  effects: DispatchEffects = liveDispatch,
): Promise<void> => {
  const { chat_id: chatId, from_seq: from, to_seq: to, user_ids: userIds, device_id, attempt } = work;
  const { dispatch, messages } = effects;
  const place = await dispatch.findPosition(chatId);
  if (place === undefined) return;
  const listed = (await dispatch.listMembers(chatId, userIds)).map((member) => ({
    ...member,
    devices: member.devices.filter(({ id }) => device_id === undefined || id === device_id),
  }));
  const members = await withLiveDevices(listed, effects);
  if (members.length === 0) return;
  const most = Math.min(CHUNK, to - from + 1);
  const found = (await messages.listBySeq(chatId, { after: from - 1 }, most)).filter(({ seq }) => seq <= to);
  await enqueue(chatId, place, await decide(found, members, chatId, effects), effects, {
    device_id,
    attempt,
  });
};

/**
 * Decides once more on a message for one device whose push failed, and queues the next attempt when it is still due.
 */
export const dispatchAgain = (
  { chat_id, seq, user_id, device_id, attempt }: DispatchWork & { readonly type: 'again' },
  effects: DispatchEffects = liveDispatch,
): Promise<void> =>
  dispatchHeld(
    { type: 'held', chat_id, from_seq: seq, to_seq: seq, user_ids: [user_id], device_id, attempt },
    effects,
  );

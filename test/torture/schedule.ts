import * as fc from 'fast-check';
import { pushFaults, type PushFault } from '../support/push-faults.ts';
import { networkFates, type NetworkFate } from './flaky-network.ts';

export const USERS = 8;
export const GROUPS = 4;
/** The users who have a direct chat with each other, all of them with several devices. */
export const PAIRS = [
  [1, 2],
  [4, 5],
] as const;

/** The functions that may be killed: all that a schedule invokes, and the reads that clients depend on. */
export const victims = [
  'receive-message',
  'receive-read',
  'receive-typing',
  'join-chat',
  'leave-chat',
  'connect',
  'disconnect',
  'send-message',
  'edit-message',
  'delete-message',
  'restore-message',
  'add-reaction',
  'remove-reaction',
  'pin-message',
  'unpin-message',
  'mark-read',
  'create-chat',
  'update-chat',
  'leave-group',
  'add-participants',
  'remove-participant',
  'update-participant',
  'ban-user',
  'unban-user',
  'create-invite',
  'accept-invite',
  'block-user',
  'unblock-user',
  'set-chat-notifications',
  'create-attachment',
  'complete-attachment',
  'decode-image',
  'delete-attachment',
  'set-avatar',
  'remove-avatar',
  'delete-account',
  'refresh-session',
  'issue-ticket',
  'sync',
  'list-chats',
  'get-chat',
] as const;

const stores = ['mysql', 'mongodb', 'dynamodb', 'sqs'] as const;
export type StoreName = (typeof stores)[number];

/** A change of a group's settings. A slow mode of one second is over soon after the schedule. */
type Settings = { readonly posting: 'everyone' | 'admins' } | { readonly slow_seconds: 0 | 1 };

/** One step of a schedule. The numbers select among the items that exist when the step runs. */
export type Step =
  | {
      readonly do: 'send';
      readonly user: number;
      readonly device: number;
      readonly chat: number;
      /** The message to reply to, if any. */
      readonly replyTo: number | undefined;
      /** The user to mention, if any. */
      readonly mentioned: number | undefined;
      /** Whether to mention everybody. */
      readonly isForAll: boolean;
    }
  | {
      readonly do: 'edit';
      readonly user: number;
      readonly chat: number;
      readonly message: number;
      /** The user to mention from now on; undefined leaves the mentions as they are. */
      readonly mentioned: number | undefined;
    }
  /** `same` edits a message to a constant text, which the message already has after the first such edit. */
  | {
      readonly do: 'same' | 'delete' | 'restore' | 'pin' | 'unpin';
      readonly user: number;
      readonly chat: number;
      readonly message: number;
    }
  | {
      readonly do: 'react' | 'unreact';
      readonly user: number;
      readonly chat: number;
      readonly message: number;
      /** One of a few emoji. */
      readonly emoji: number;
    }
  /**
   * Uploads a file, and then sends it once, sends it to two chats concurrently, deletes it, or sends and deletes it
   * concurrently.
   */
  | {
      readonly do: 'attach';
      readonly user: number;
      readonly chat: number;
      readonly use: 'once' | 'twice' | 'drop' | 'send and drop';
    }
  /**
   * Uploads a picture and makes it the avatar of the user, of a chat, or of both concurrently; `nobody` removes both.
   */
  | {
      readonly do: 'picture';
      readonly user: number;
      readonly chat: number;
      readonly of: 'oneself' | 'chat' | 'both' | 'nobody';
    }
  /** Over HTTP, or by the client, which repeats a read mark until the service has it. */
  | {
      readonly do: 'read';
      readonly user: number;
      readonly device: number;
      readonly chat: number;
      readonly message: number;
      readonly by: 'request' | 'client';
    }
  /** A new user joins chats and deletes the account concurrently. */
  | { readonly do: 'come-and-go'; readonly user: number; readonly chat: number }
  | { readonly do: 'join' | 'leave'; readonly user: number; readonly device: number; readonly chat: number }
  | {
      readonly do: 'add' | 'remove' | 'quit';
      readonly user: number;
      readonly other: number;
      readonly chat: number;
    }
  /** A user hides a direct chat, or opens it again. */
  | { readonly do: 'hide' | 'reopen'; readonly user: number; readonly pair: number }
  /** A user blocks another, or revokes the block. */
  | { readonly do: 'block' | 'unblock'; readonly user: number; readonly other: number }
  | { readonly do: 'type'; readonly user: number; readonly device: number; readonly chat: number }
  | {
      readonly do: 'mute';
      readonly user: number;
      readonly chat: number;
      readonly level: 'all' | 'mentions' | 'none';
    }
  /** One of a few names, so that two users often choose the same. */
  | { readonly do: 'rename'; readonly user: number; readonly chat: number; readonly name: number }
  | {
      readonly do: 'promote' | 'demote' | 'hand-over' | 'ban' | 'unban' | 'describe';
      readonly user: number;
      readonly other: number;
      readonly chat: number;
    }
  /** A user, and those who follow in the list of users, accept an invitation concurrently. */
  | {
      readonly do: 'invite';
      readonly user: number;
      readonly other: number;
      readonly guests: number;
      readonly chat: number;
      /** How many users it lets in; null for any number. */
      readonly uses: number | null;
    }
  /** Changes who may send to a group, and how often. */
  | { readonly do: 'settings'; readonly user: number; readonly chat: number; readonly change: Settings }
  /** `sleep` lets the access token expire. */
  | { readonly do: 'cut' | 'restart' | 'sleep'; readonly user: number; readonly device: number }
  | { readonly do: 'kill'; readonly victim: (typeof victims)[number] }
  /**
   * Kills the functions that are running at the next request of one of them to a store: before the store gets the
   * request, or after that and before the response.
   */
  | {
      readonly do: 'kill-at';
      readonly store: StoreName;
      readonly moment: 'before' | 'after';
      /** Selects among the functions that are running then. */
      readonly victim: number;
    }
  /** A store resets all connections, or keeps them open and does not respond. */
  | {
      readonly do: 'outage';
      readonly store: StoreName;
      readonly mode: 'refuse' | 'hang';
      readonly ms: number;
    }
  /** Breaks the next HTTP requests of a device. */
  | {
      readonly do: 'network';
      readonly user: number;
      readonly device: number;
      readonly fate: NetworkFate;
      readonly count: number;
    }
  /** Injects faults into the consumers of the push queues. */
  | { readonly do: 'pushes'; readonly fault: PushFault; readonly count: number }
  | { readonly do: 'posts'; readonly fate: 'drop' | 'duplicate' | 'delay'; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number };

const user = fc.nat(USERS - 1);
const device = fc.nat(2);
const group = fc.nat(GROUPS - 1);
/** A group or a direct chat: in a direct chat the user is one of its two. */
const chat = fc.nat(GROUPS + PAIRS.length - 1);
const message = fc.nat(20);

/** The first user owns all groups at first: others may do little in them. */
const maybeOwner = fc.oneof(fc.constant(0), user);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      user,
      device,
      chat,
      replyTo: fc.option(message, { nil: undefined, freq: 2 }),
      mentioned: fc.option(user, { nil: undefined, freq: 2 }),
      isForAll: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      user,
      chat,
      message,
      mentioned: fc.option(user, { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('same' as const, 'delete' as const, 'restore' as const),
      user,
      chat,
      message,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('react' as const, 'react' as const, 'unreact' as const),
      user,
      chat,
      message,
      emoji: fc.nat(2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('pin' as const, 'pin' as const, 'unpin' as const),
      user,
      chat,
      message,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('attach' as const),
      user,
      chat,
      use: fc.constantFrom(
        'once' as const,
        'once' as const,
        'twice' as const,
        'drop' as const,
        'send and drop' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('picture' as const),
      user,
      chat: group,
      of: fc.constantFrom('oneself' as const, 'chat' as const, 'both' as const, 'nobody' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      user,
      device,
      chat,
      message,
      by: fc.constantFrom('request' as const, 'client' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('come-and-go' as const), user, chat: group }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const), user, device, chat }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('add' as const, 'remove' as const, 'quit' as const),
      user,
      other: user,
      chat: group,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('block' as const, 'block' as const, 'unblock' as const),
      user,
      other: user,
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('block' as const, 'unblock' as const),
        fc.constantFrom(...PAIRS.flatMap(([a, b]) => [[a, b] as const, [b, a] as const])),
      )
      .map(([kind, [one, other]]) => ({ do: kind, user: one, other })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('hide' as const, 'hide' as const, 'reopen' as const),
      user,
      pair: fc.nat(PAIRS.length - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('type' as const), user, device, chat }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mute' as const),
      user,
      chat,
      level: fc.constantFrom('all' as const, 'mentions' as const, 'none' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pushes' as const),
      fault: fc.constantFrom(...pushFaults),
      count: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('rename' as const), user, chat: group, name: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('promote' as const, 'promote' as const, 'demote' as const),
      user,
      other: user,
      chat: group,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('hand-over' as const, 'ban' as const, 'unban' as const, 'describe' as const),
      user,
      other: user,
      chat: group,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('invite' as const),
      user: maybeOwner,
      other: user,
      guests: fc.integer({ min: 1, max: 3 }),
      chat: group,
      uses: fc.constantFrom(1, 2, null),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('settings' as const),
      user: maybeOwner,
      chat: group,
      change: fc.constantFrom<Settings[]>(
        { posting: 'admins' },
        { posting: 'everyone' },
        { slow_seconds: 1 },
        { slow_seconds: 0 },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'restart' as const, 'sleep' as const),
      user,
      device,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('kill' as const), victim: fc.constantFrom(...victims) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('kill-at' as const),
      store: fc.constantFrom(...stores),
      moment: fc.constantFrom('before' as const, 'after' as const),
      victim: fc.nat(10),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('outage' as const),
      store: fc.constantFrom(...stores),
      mode: fc.constantFrom('refuse' as const, 'hang' as const),
      ms: fc.integer({ min: 20, max: 600 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('network' as const),
      user,
      device,
      fate: fc.constantFrom(...networkFates),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('posts' as const),
      fate: fc.constantFrom('drop' as const, 'duplicate' as const, 'delay' as const),
      count: fc.integer({ min: 1, max: 15 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
  // Long enough for messages to arrive, which later steps then change.
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 200, max: 400 }) }),
  },
);

/** A random schedule; each step starts without waiting for the previous one to end. */
export const schedule = (length: number): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: Math.ceil(length / 2), maxLength: length, size: 'max' });

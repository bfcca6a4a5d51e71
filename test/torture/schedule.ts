import * as fc from 'fast-check';
import { pushFaults, type PushFault } from '../support/push-faults.ts';

export const USERS = 8;
export const CHATS = 4;

/** The functions that may be killed: all that send, change or publish. */
const victims = [
  'receive-message',
  'send-message',
  'edit-message',
  'delete-message',
  'add-participants',
  'connect',
  'disconnect',
  'create-chat',
  'delete-account',
  'mark-read',
  'add-reaction',
  'pin-message',
  'update-chat',
  'update-participant',
  'create-attachment',
  'complete-attachment',
  'decode-image',
  'delete-attachment',
  'set-avatar',
] as const;

const stores = ['mysql', 'mongodb', 'dynamodb', 'sqs'] as const;
export type StoreName = (typeof stores)[number];

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
    }
  /** `same` edits a message to a constant text, which the message already has after the first such edit. */
  | {
      readonly do: 'edit' | 'same' | 'delete' | 'restore' | 'pin' | 'unpin';
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
  | { readonly do: 'read'; readonly user: number; readonly chat: number; readonly message: number }
  /** A new user joins chats and deletes the account concurrently. */
  | { readonly do: 'come-and-go'; readonly user: number; readonly chat: number }
  | { readonly do: 'join' | 'leave'; readonly user: number; readonly device: number; readonly chat: number }
  | {
      readonly do: 'add' | 'remove' | 'quit';
      readonly user: number;
      readonly other: number;
      readonly chat: number;
    }
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
      readonly do: 'promote' | 'demote' | 'hand-over' | 'ban' | 'unban' | 'invite' | 'describe';
      readonly user: number;
      readonly other: number;
      readonly chat: number;
    }
  /** `sleep` lets the access token expire. */
  | { readonly do: 'cut' | 'restart' | 'sleep'; readonly user: number; readonly device: number }
  | { readonly do: 'kill'; readonly victim: (typeof victims)[number] }
  /**
   * Kills the sending function at its next request to a store: before the store gets the request, or after that and
   * before the response.
   */
  | { readonly do: 'kill-at'; readonly store: StoreName; readonly moment: 'before' | 'after' }
  | { readonly do: 'refuse'; readonly store: StoreName; readonly ms: number }
  /** Injects faults into the consumers of the push queues. */
  | { readonly do: 'pushes'; readonly fault: PushFault; readonly count: number }
  | { readonly do: 'posts'; readonly fate: 'drop' | 'duplicate' | 'delay'; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number };

const user = fc.nat(USERS - 1);
const device = fc.nat(2);
const chat = fc.nat(CHATS - 1);
const message = fc.nat(20);

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
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('edit' as const, 'same' as const, 'delete' as const, 'restore' as const),
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
      chat,
      of: fc.constantFrom('oneself' as const, 'chat' as const, 'both' as const, 'nobody' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), user, chat, message }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('come-and-go' as const), user, chat }) },
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
      chat,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('block' as const, 'block' as const, 'unblock' as const),
      user,
      other: user,
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
    arbitrary: fc.record({ do: fc.constant('rename' as const), user, chat, name: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('promote' as const, 'promote' as const, 'demote' as const),
      user,
      other: user,
      chat,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hand-over' as const,
        'ban' as const,
        'unban' as const,
        'invite' as const,
        'invite' as const,
        'describe' as const,
      ),
      user,
      other: user,
      chat,
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
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      store: fc.constantFrom(...stores),
      ms: fc.integer({ min: 20, max: 600 }),
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
);

/** A random schedule; each step starts without waiting for the previous one to end. */
export const schedule = (length: number): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: Math.ceil(length / 2), maxLength: length, size: 'max' });

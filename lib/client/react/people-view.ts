import { createApi } from '../api/create-api.ts';
import type { ChatApi } from '../api/chat-api.ts';
import type { ChatClient } from '../chat-client.ts';
import { presenceOf } from '../presence/create-presence.ts';
import type { OwnProfile, Participant } from '../types.ts';
import { createOpenedList } from '../view/opened-list.ts';
import type { Signals } from '../view/signals.ts';

/** The members of a chat. */
const createMembers = (api: Pick<ChatApi, 'getChat'>, chatId: number, signals: Signals) => {
  const members = signals.signal<readonly Participant[]>([]);
  /** By user id: the furthest read mark that an event has reported. Responses may be older. */
  const marks = new Map<number, number>();

  const marked = (one: Participant): Participant => {
    const mark = marks.get(one.id) ?? 0;
    return mark > one.last_read_seq ? { ...one, last_read_seq: mark } : one;
  };

  const show = (participants: readonly Participant[]): void => {
    members.value = participants.map(marked);
  };

  const { apply, ...list } = createOpenedList(
    () => api.getChat(chatId),
    ({ participants }) => show(participants),
    signals,
  );

  const change = (userId: number, make: (one: Participant) => Participant): void =>
    apply(() => {
      if (members.peek().some(({ id }) => id === userId))
        members.value = members.peek().map((one) => (one.id === userId ? marked(make(one)) : one));
    });

  return {
    ...list,
    members,
    /** The client reports all members. */
    replace: (participants: readonly Participant[]): void => apply(() => show(participants)),
    change,
    noteRead: (userId: number, seq: number): void => {
      marks.set(userId, Math.max(seq, marks.get(userId) ?? 0));
      change(userId, (one) => one);
    },
  };
};
type Members = ReturnType<typeof createMembers>;

/** The own profile, the user's blocks, the members of chats, and who has them open. */
export const createPeopleView = (client: ChatClient, signals: Signals) => {
  const { signal, batch } = signals;
  const api = createApi(client);
  const user = signal<OwnProfile | undefined>(undefined);
  /** Returns a new object after each change, since React compares by identity. */
  const blocksNow = (): Pick<ChatClient, 'isBlocked'> => ({ isBlocked: (id) => client.isBlocked(id) });
  const blocks = signal(blocksNow());
  /** By chat id: the ids of other users who have the chat open. */
  const present = signal<ReadonlyMap<number, readonly number[]>>(new Map());
  const membersByChat = new Map<number, Members>();
  /** By chat id: how many components have it open. */
  const entered = new Map<number, number>();

  const setPresent = (chatId: number, userId: number, isPresent: boolean): void => {
    const others = (present.peek().get(chatId) ?? []).filter((id) => id !== userId);
    present.value = new Map(present.peek()).set(chatId, isPresent ? [...others, userId] : others);
  };

  const followUser = (): void =>
    batch(() => {
      const before = user.peek();
      const next = client.state === 'signed-out' ? undefined : client.user;
      if (next?.id !== before?.id) membersByChat.clear();
      user.value = next;
      if (next === undefined || next === before) return;
      const { id, username, full_name, avatar_url } = next;
      for (const members of membersByChat.values())
        members.change(id, (one) => ({ ...one, username, full_name, avatar_url }));
    });

  const followState = (): void =>
    batch(() => {
      followUser();
      // Who comes and goes is not reported while there is no connection, and neither are read marks of others.
      if (client.state !== 'online') present.value = new Map();
      else for (const members of membersByChat.values()) if (members.isOpened()) void members.reload();
    });

  const membersOf = (chatId: number): Members => {
    const members = membersByChat.get(chatId) ?? createMembers(api, chatId, signals);
    membersByChat.set(chatId, members);
    return members;
  };

  return {
    user,
    blocks,
    present,
    membersOf,

    /** Joins a chat. @returns a function that leaves it, unless another component has it open */
    enter: (chatId: number): (() => void) => {
      entered.set(chatId, (entered.get(chatId) ?? 0) + 1);
      presenceOf(client).join(chatId);
      return () => {
        const left = (entered.get(chatId) ?? 1) - 1;
        entered.set(chatId, left);
        if (left === 0) presenceOf(client).leave(chatId);
      };
    },

    /** @returns a function that detaches the view */
    attach: (): (() => void) => {
      const ends = [
        client.on('state', followState),
        client.on('user', followUser),
        client.on('blocks', () => void (blocks.value = blocksNow())),
        client.on('members', ({ chat_id, participants }) =>
          membersByChat.get(chat_id)?.replace(participants),
        ),
        client.on('participant', ({ chat_id, participant }) =>
          membersByChat.get(chat_id)?.change(participant.id, () => participant),
        ),
        // The client fetches the chat and then emits `members`.
        client.on('participants', ({ chat_id, removed }) => {
          for (const id of removed) setPresent(chat_id, id, false);
        }),
        client.on('read', ({ chat_id, user_id, seq }) => membersByChat.get(chat_id)?.noteRead(user_id, seq)),
        client.on('chat_left', ({ chat_id }) => {
          membersByChat.delete(chat_id);
          present.value = new Map([...present.peek()].filter(([id]) => id !== chat_id));
        }),
        presenceOf(client).on('presence', ({ chat_id, user_id, is_present }) => {
          if (user_id !== client.user?.id) setPresent(chat_id, user_id, is_present);
          const members = membersByChat.get(chat_id);
          if (is_present) members?.change(user_id, (one) => ({ ...one, online: true }));
          // A user who has closed this chat may still be online.
          else if (members?.isOpened() === true) client.refresh(chat_id);
        }),
      ];
      batch(() => {
        blocks.value = blocksNow();
        followState();
      });
      return () => {
        for (const end of ends) end();
        membersByChat.clear();
        present.value = new Map();
      };
    },
  };
};
export type PeopleView = ReturnType<typeof createPeopleView>;

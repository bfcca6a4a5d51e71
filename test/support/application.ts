import type { Chat, Message, Participant } from '../../functions/contract/schemas.ts';
import { createApi } from '../../lib/client/api/create-api.ts';
import { withQuote, withReaction, type ChatClient, type ClientEvents } from '../../lib/client/index.ts';
import { createPins, type Pins } from '../../lib/client/view/pins.ts';
import { createSignals } from '../../lib/client/view/signals.ts';

/** A chat in the state of an application. */
export interface ShownChat {
  readonly chat: Chat;
  /** By user id; undefined until the service has returned the members. */
  readonly members: ReadonlyMap<number, Participant> | undefined;
  /** By message id, including deleted messages that the application has received. */
  readonly messages: ReadonlyMap<number, Message>;
  readonly pins: Pins;
}

/** The state of a chat and its members for a user, without what only events report. */
export interface ChatState {
  /** In a direct chat, without the presence of the peer. */
  readonly chat: Chat;
  /** Ordered by id; without presence and read marks, since `chat.last_read_seq` is the user's own mark. */
  readonly members: readonly Participant[];
}

/** The fields of users whose changes cause no event in a chat. */
const untold = { online: false, avatar_url: null };

/** The parts of a chat that must be equal in the application and at the service, normalized for comparison. */
export const chatState = (chat: Chat, participants: Iterable<Participant>): ChatState => ({
  chat: chat.peer === undefined ? chat : { ...chat, peer: { ...chat.peer, ...untold, last_seen: null } },
  members: [...participants]
    .map((one) => ({ ...one, ...untold, last_read_seq: 0 }))
    .toSorted((a, b) => a.id - b.id),
});

/** An application on top of a client: it stores what the client emits, and requests what no event contains. */
export interface Application {
  readonly chats: ReadonlyMap<number, ShownChat>;
  /** Events that violated the rules of the client. */
  readonly wrong: readonly string[];
  /** The ids of all chats that any event has mentioned. */
  readonly heardOf: ReadonlySet<number>;
  /** Follows this client from now on, in place of the previous one. */
  readonly use: (client: ChatClient) => void;
  /** Resolves at the next event. */
  readonly changed: () => Promise<void>;
  readonly stop: () => void;
}

interface Showing extends ShownChat {
  chat: Chat;
  members: Map<number, Participant> | undefined;
  readonly messages: Map<number, Message>;
  /** Reactions in the order of their events: a page of the history may be older than they are. */
  readonly reactions: ClientEvents['reaction'][];
  /** The last emitted `rev`. */
  emittedRev: number;
  /** For the history, the members and the pins: whether they must be requested, and whether a request is running. */
  readonly history: LoadState;
  readonly people: LoadState;
  readonly pinning: LoadState;
  /** The number of events about the members. */
  membersTold: number;
  /** Whether the members have changed since the application loaded them. */
  isOutdated: boolean;
}

interface LoadState {
  isOpen: boolean;
  isAsking: boolean;
}

const HISTORY = 100;
const RETRY_MS = 50;

/** @param platform its timers delay a request after a failed one */
export const createApplication = (platform: {
  readonly setTimeout: (run: () => void, ms: number) => unknown;
}): Application => {
  const chats = new Map<number, Showing>();
  const wrong: string[] = [];
  const heardOf = new Set<number>();
  let current: ChatClient | undefined;
  let waiting: (() => void)[] = [];

  const notify = (): void => {
    const resolved = waiting;
    waiting = [];
    for (const resolve of resolved) resolve();
  };

  const keep = ({ messages, reactions }: Showing, message: Message): void => {
    const known = messages.get(message.id);
    if (known !== undefined && known.rev >= message.rev) return;
    const own = reactions.filter(({ id }) => id === message.id);
    const target = messages.get(message.reply_to?.id ?? 0);
    messages.set(message.id, own.reduce(withReaction, target ? withQuote(message, target) : message));
    for (const [id, other] of messages) messages.set(id, withQuote(other, message));
  };

  const setMembers = (shown: Showing, participants: readonly Participant[]): void => {
    shown.members = new Map(participants.map((one) => [one.id, one]));
    shown.isOutdated = false;
  };

  const loadHistory = async (client: ChatClient, shown: Showing): Promise<void> => {
    let cursor: { before_seq?: number } = {};
    for (;;) {
      const page = await createApi(client).listMessages(shown.chat.id, { ...cursor, limit: HISTORY });
      for (const message of page.items) keep(shown, message);
      if (!page.has_more || page.next_before_seq === null || page.next_before_seq === undefined) return;
      cursor = { before_seq: page.next_before_seq };
    }
  };

  const loadMembers = async (client: ChatClient, shown: Showing): Promise<void> => {
    const before = shown.membersTold;
    const { participants } = await createApi(client).getChat(shown.chat.id);
    // An event that came after the request may be newer than the response.
    if (shown.membersTold === before) setMembers(shown, participants);
    else if (shown.isOutdated) throw new Error('Events have overtaken the answer');
  };

  const loadPins = async (_: ChatClient, { pins }: Showing): Promise<void> => {
    await pins.open();
    if (pins.state.peek() === 'failed') throw new Error('The pins could not be loaded');
  };

  /** Requests until a response arrives, or until the chat is not shown any more. */
  const fill = async (
    shown: Showing,
    need: LoadState,
    load: (client: ChatClient, shown: Showing) => Promise<void>,
  ): Promise<void> => {
    need.isOpen = true;
    if (need.isAsking) return;
    need.isAsking = true;
    for (;;) {
      const client = current;
      if (!need.isOpen || client === undefined || chats.get(shown.chat.id) !== shown) break;
      need.isOpen = false;
      try {
        await load(client, shown);
      } catch (error) {
        need.isOpen = true;
        // The user was removed from the chat. If they have joined again, another event reports the chat.
        if ((error as { code?: string }).code === 'chat_not_found') break;
        await new Promise<void>((resolve) => {
          platform.setTimeout(resolve, RETRY_MS);
        });
      }
    }
    need.isAsking = false;
    notify();
  };

  const show = (chat: Chat): void => {
    heardOf.add(chat.id);
    const known = chats.get(chat.id);
    if (known === undefined) {
      const shown: Showing = {
        chat,
        members: undefined,
        messages: new Map(),
        reactions: [],
        emittedRev: 0,
        history: { isOpen: true, isAsking: false },
        people: { isOpen: true, isAsking: false },
        pinning: { isOpen: true, isAsking: false },
        pins: createPins(
          {
            listPins: (chatId, page) =>
              current === undefined
                ? Promise.reject(new Error('The application has stopped'))
                : createApi(current).listPins(chatId, page),
          },
          chat.id,
          createSignals(),
        ),
        membersTold: 0,
        isOutdated: true,
      };
      chats.set(chat.id, shown);
      void fill(shown, shown.history, loadHistory);
      void fill(shown, shown.people, loadMembers);
      void fill(shown, shown.pinning, loadPins);
      return;
    }
    known.chat = chat;
    if (known.history.isOpen) void fill(known, known.history, loadHistory);
    if (known.people.isOpen) void fill(known, known.people, loadMembers);
    if (known.pinning.isOpen) void fill(known, known.pinning, loadPins);
  };

  /** Records an event with this `rev`. @returns the state of the chat */
  const tellOf = (chatId: number, rev: number): Showing | undefined => {
    heardOf.add(chatId);
    const shown = chats.get(chatId);
    if (shown === undefined) return undefined;
    if (rev <= shown.emittedRev)
      wrong.push(`chat ${chatId}: rev ${rev} was told after rev ${shown.emittedRev}`);
    shown.emittedRev = rev;
    return shown;
  };

  const receive = (message: Message): void => {
    const shown = tellOf(message.chat_id, message.rev);
    if (shown !== undefined) keep(shown, message);
    shown?.pins.apply(message);
  };

  const react = (event: ClientEvents['reaction']): void => {
    const shown = tellOf(event.chat_id, event.rev);
    shown?.reactions.push(event);
    shown?.pins.applyReaction(event);
    const message = shown?.messages.get(event.id);
    if (message !== undefined) shown?.messages.set(event.id, withReaction(message, event));
  };

  const changeMember = (
    chatId: number,
    userId: number,
    change: (before: Participant) => Participant,
  ): void => {
    const shown = chats.get(chatId);
    if (shown === undefined) return;
    shown.membersTold += 1;
    const member = shown.members?.get(userId);
    if (member !== undefined) shown.members?.set(userId, change(member));
  };

  const listen = (client: ChatClient): void => {
    const on: ChatClient['on'] = (type, listener) =>
      client.on(type, (event) => {
        if (client !== current) return;
        listener(event);
        notify();
      });
    on('chat', ({ chat }) => show(chat));
    on('chat_left', ({ chat_id: chatId }) => void chats.delete(chatId));
    on('message', ({ message }) => receive(message));
    on('reaction', react);
    // The event only contains ids; the names and dates come from the service.
    on('participants', ({ chat_id: chatId }) => {
      const shown = chats.get(chatId);
      if (shown === undefined) return;
      shown.membersTold += 1;
      shown.isOutdated = true;
      void fill(shown, shown.people, loadMembers);
    });
    on('participant', ({ chat_id: chatId, participant }) =>
      changeMember(chatId, participant.id, () => participant),
    );
    on('members', ({ chat_id: chatId, participants }) => {
      const shown = chats.get(chatId);
      if (shown === undefined) return;
      shown.membersTold += 1;
      setMembers(shown, participants);
    });
    on('read', ({ chat_id: chatId, user_id: userId, seq }) =>
      changeMember(chatId, userId, (one) => ({ ...one, last_read_seq: Math.max(one.last_read_seq, seq) })),
    );
    on('outbox', () => undefined);
    on('state', () => undefined);
    on('blocks', () => undefined);
  };

  return {
    chats,
    wrong,
    heardOf,
    use: (client) => {
      current = client;
      listen(client);
    },
    changed: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    stop: () => {
      current = undefined;
    },
  };
};

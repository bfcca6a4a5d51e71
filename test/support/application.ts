import type { Chat, Message, Participant } from '../../functions/contract/schemas.ts';
import { createApi } from '../../lib/client/api/create-api.ts';
import { withQuote, withReaction, type ChatClient, type ClientEvents } from '../../lib/client/index.ts';
import { createPins, type Pins } from '../../lib/client/view/pins.ts';
import { createSignals } from '../../lib/client/view/signals.ts';

/** A chat as an application shows it. */
export interface ShownChat {
  readonly chat: Chat;
  /** By user id; undefined until the service has answered who they are. */
  readonly members: ReadonlyMap<number, Participant> | undefined;
  /** By message id, deleted ones included that the application heard of. */
  readonly messages: ReadonlyMap<number, Message>;
  readonly pins: Pins;
}

/** What a chat and its members are for somebody, without what only events tell. */
export interface ChatState {
  /** Without whether the other side of a direct chat is there, and when they were. */
  readonly chat: Chat;
  /** By id; without who is there, and without how far each has read: `chat.last_read_seq` is the own mark. */
  readonly members: readonly Participant[];
}

/** What of a chat has to be the same here and at the service, ready to be compared. */
/** What of people no event tells of a chat. */
const untold = { online: false, avatar_url: null };

export const chatState = (chat: Chat, participants: Iterable<Participant>): ChatState => ({
  chat: chat.peer === undefined ? chat : { ...chat, peer: { ...chat.peer, ...untold, last_seen: null } },
  members: [...participants]
    .map((one) => ({ ...one, ...untold, last_read_seq: 0 }))
    .toSorted((a, b) => a.id - b.id),
});

/** An application on top of a client: it keeps what the client tells, and asks for what no event carries. */
export interface Application {
  readonly chats: ReadonlyMap<number, ShownChat>;
  /** What it was told against the rules of the client. */
  readonly wrong: readonly string[];
  /** Ids of chats of which it ever heard. */
  readonly heardOf: ReadonlySet<number>;
  /** Shows what this client tells from now on, in place of the client before. */
  readonly use: (client: ChatClient) => void;
  /** Resolves when something was told. */
  readonly changed: () => Promise<void>;
  readonly stop: () => void;
}

interface Showing extends ShownChat {
  chat: Chat;
  members: Map<number, Participant> | undefined;
  readonly messages: Map<number, Message>;
  /** Reactions that were told, in this order: a page of the history may be older than they are. */
  readonly reactions: ClientEvents['reaction'][];
  /** The last `rev` that was told. */
  told: number;
  /** Whether the history, the members and the pins have to be asked for, and whether a request is under way. */
  readonly history: Need;
  readonly people: Need;
  readonly pinning: Need;
  /** How often something of the members was told. */
  membersTold: number;
  /** Whether there are other members than those that the application knows. */
  isOutdated: boolean;
}

interface Need {
  isOpen: boolean;
  isAsking: boolean;
}

const HISTORY = 100;
const RETRY_MS = 50;

/** @param platform whose timers space out the attempts to ask for what could not be asked for */
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
    // What was told since the question may be later than the answer.
    if (shown.membersTold === before) setMembers(shown, participants);
    else if (shown.isOutdated) throw new Error('Events have overtaken the answer');
  };

  const loadPins = async (_: ChatClient, { pins }: Showing): Promise<void> => {
    await pins.open();
    if (pins.state.peek() === 'failed') throw new Error('The pins could not be loaded');
  };

  /** Asks until there is an answer, or until the chat is not shown any more. */
  const fill = async (
    shown: Showing,
    need: Need,
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
        // Left, and perhaps entered again: then an event tells of the chat once more.
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
        told: 0,
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

  /** What a chat is shown as, after it was noted that a change of it is told. */
  const tellOf = (chatId: number, rev: number): Showing | undefined => {
    heardOf.add(chatId);
    const shown = chats.get(chatId);
    if (shown === undefined) return undefined;
    if (rev <= shown.told) wrong.push(`chat ${chatId}: rev ${rev} was told after rev ${shown.told}`);
    shown.told = rev;
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
    // Ids alone: names and dates are the service's to tell.
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

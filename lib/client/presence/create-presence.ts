import type { ChatClient } from '../chat-client.ts';
import type { Receivers, ServerFrameOf, TypingType } from '../contract.ts';
import { createEmitter } from '../emitter.ts';
import type { Presence, PresenceEvents } from './presence.ts';
import { createTyping } from './typing.ts';

/** The types of frames that imply that a user has stopped typing. */
type WrittenType = `message_${'updated' | 'deleted' | 'restored'}` | 'new_message';

const createPresence = (client: ChatClient): Presence => {
  const { on, emit } = createEmitter<PresenceEvents>();
  /** The chats that the user has open; kept across reconnections. */
  const joined = new Set<number>();
  const typing = createTyping(
    client.platform,
    (frame) => client.say(`typing ${frame.chat_id}`, () => frame),
    emit,
  );

  const say = (chatId: number): void =>
    void client.say(`presence ${chatId}`, () => ({
      type: joined.has(chatId) ? 'join' : 'leave',
      chat_id: chatId,
    }));

  const present =
    (isPresent: boolean) =>
    ({ chat_id, user_id }: Omit<ServerFrameOf<'user_joined'>, 'type'>): void =>
      emit('presence', { chat_id, user_id, is_present: isPresent });

  /** A user who sent or changed a message has stopped typing. */
  const wrote = ({ message }: Pick<ServerFrameOf<'new_message'>, 'message'>): void =>
    typing.othersStopped({ chat_id: message.chat_id, user_id: message.sender_id });

  const receivers: Receivers<TypingType | WrittenType | 'user_joined' | 'user_left' | 'error'> = {
    typing_started: typing.othersStarted,
    typing_stopped: typing.othersStopped,
    user_joined: present(true),
    user_left: present(false),
    new_message: wrote,
    message_updated: wrote,
    message_deleted: wrote,
    message_restored: wrote,
    // The client has already paused as the service requested; for a chat that the user has left, the refusal is
    // final.
    error: ({ ref, status_code: status }) => {
      const [kind, id] = String(ref).split(' ');
      if (kind === 'presence' && (status === 429 || status === 503)) say(Number(id));
    },
  };

  client.on('frame', (frame) => {
    (receivers as Readonly<Record<string, ((frame: never) => void) | undefined>>)[frame.type]?.(
      frame as never,
    );
  });
  client.on('state', ({ state }) => {
    if (state === 'signed-out') joined.clear();
    if (state !== 'online') {
      typing.reset();
      return;
    }
    for (const chatId of joined) {
      say(chatId);
      // `/sync` does not report who was present meanwhile.
      client.refresh(chatId);
    }
  });
  // The service remembers for some seconds that the user types, and repeats that to nobody; others take the message for
  // the end of it. So the next key has to be a new beginning, also when a message is refused or tried again.
  client.on('outbox', ({ pending }) => {
    if (client.pending().includes(pending)) typing.stopped(pending.chat_id);
  });
  client.on('chat_left', ({ chat_id }) => void joined.delete(chat_id));

  return {
    on,
    typing: typing.typed,
    stopTyping: typing.stopped,
    join: (chatId) => {
      joined.add(chatId);
      say(chatId);
    },
    leave: (chatId) => {
      if (joined.delete(chatId)) say(chatId);
    },
  };
};

const presences = new WeakMap<ChatClient, Presence>();

/** The presence module of a client; every call with the same client returns the same instance. */
export const presenceOf = (client: ChatClient): Presence => {
  const presence = presences.get(client) ?? createPresence(client);
  presences.set(client, presence);
  return presence;
};

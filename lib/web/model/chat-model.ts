import { summaryOf } from './summary.ts';
import { batch, computed, effect, signal, type Signal } from '@preact/signals';
import type { ChatApi } from '../../client/api/chat-api.ts';
import { createApi } from '../../client/api/create-api.ts';
import { presenceOf } from '../../client/presence/create-presence.ts';
import {
  ChatError,
  type ChatClient,
  type ClientState,
  type PendingMessage,
} from '../../client/chat-client.ts';
import { isMentioned } from '../../client/quotes.ts';
import { byActivity, createChatView, openingMark } from '../../client/view/chat-view.ts';
import { titleOf } from '../../client/view/names.ts';
import type { Chat, ChatDetail, Message } from '../../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../../functions/users/contract.ts';
import { mentionsAfterEdit, mentionsIn } from './mentions.ts';
import { openedDialog } from './opened-dialog.ts';
import { createBlocked } from './blocked.ts';
import { closeDrafts, giveBack, keepDraft, openDrafts } from './drafts.ts';
import { isMuted } from './mute.ts';
import { createNotifications } from './notifications.ts';
import { createPeople, isolated, labelOf } from './people.ts';
import { createPageFiles } from './page-files.ts';
import { keepInvitation } from './opened-link.ts';
import { refusalOf, refusals, type Refusal } from './refusals.ts';
import { forgetSearchTexts, navigate, route } from './router.ts';
import { sentenceOf, suspensionOf } from './sentences.ts';
import type { Snapshots } from './snapshots.ts';

/** A message to the user that no request of theirs asked for, for example that an action failed. */
export interface Notice {
  readonly id: number;
  readonly text: string;
}

/**
 * The delay in milliseconds between a change of the page's state and the snapshot of it; a page that becomes hidden
 * takes one at once.
 */
const KEEP_MS = 2000;
const KEPT_CHATS = 200;
const KEPT_TIMELINES = 20;

/** A shorter loss of connection is repaired without a message to the user. */
const TROUBLE_MS = 1200;

/** A message whose content is being changed in the composer. */
export interface Editing {
  readonly chatId: number;
  readonly message: Message;
}

/** The state of the page: the events of the client, as signals for the views. */
export const createChatModel = (client: ChatClient, snapshots: Snapshots) => {
  /** Aborted when another tab has taken over the session: from then on only that tab writes to the device's storage. */
  const life = new AbortController();
  const api = createApi(client);
  const presence = presenceOf(client);
  const user = signal<OwnProfile | undefined>(client.user);
  const view = createChatView(client, {
    signal: <Value>(initial: Value): Signal<Value> => signal(initial),
    batch,
  });
  const { chats, outbox, typing, connection, timelineOf, pinsOf, loadChats } = view;
  /**
   * The problem of the connection that the user should know of; a connection that recovers within `TROUBLE_MS` is none.
   */
  const trouble = signal<'none' | 'connecting' | 'offline' | 'displaced' | 'suspended'>('none');
  /** The text about a suspension, while there is one. */
  const suspension = signal('');
  let troubleTimer: ReturnType<typeof setTimeout> | undefined;
  let wasOffline = false;
  const endedBecause = signal<string | undefined>(undefined);
  const people = createPeople((id) => api.getProfile(id));
  const blocked = createBlocked(client);
  /** The sum over all chats that are not muted, for a badge. */
  const sumOf = (count: (chat: Chat) => number): number =>
    [...chats.value.values()].reduce((sum, chat) => sum + (isMuted(chat) ? 0 : count(chat)), 0);
  const unread = computed(() => sumOf((chat) => chat.unread_count));

  /** Whether chats from the last visit's snapshot are shown. */
  const isRestored = signal(false);
  /** `kept`: chats from the snapshot are shown, and the service has not responded yet. */
  const chatsState = computed(() => {
    const state = view.chatsState.value;
    return isRestored.value && state !== 'loaded' ? 'kept' : state;
  });
  const chatList = computed(() => byActivity(chats.value.values()));
  const details = signal<ReadonlyMap<number, ChatDetail>>(new Map());
  /** Ids of the chats that the user left or was removed from while this page was open. */
  const left = signal<ReadonlySet<number>>(new Set());
  /** Ids from addresses whose chat does not exist or is not visible to the user. */
  const absent = signal<ReadonlySet<number>>(new Set());
  const notices = signal<readonly Notice[]>([]);
  /** The text of the live region. */
  const announcement = signal('');
  /** The `seq` of the last announced message, by chat. */
  const announced = new Map<number, number>();
  const editing = signal<Editing | undefined>(undefined);
  let notice = 0;
  /** Incremented at each log-in and log-out: responses to requests of an earlier epoch are ignored. */
  let epoch = 0;
  /** By chat: the number of requests for its details, and which of them is shown. */
  const detailsAsked = new Map<number, number>();
  const detailsShown = new Map<number, number>();

  const tell = (text: string): void => {
    const id = (notice += 1);
    notices.value = [...notices.peek().slice(-2), { id, text }];
    setTimeout(() => dismiss(id), 7000);
  };
  const dismiss = (id: number): void => {
    notices.value = notices.peek().filter((one) => one.id !== id);
  };

  const files = createPageFiles(client, tell);

  /** Ids of chats that only the snapshot has shown so far. */
  const restored = new Set<number>();
  /**
   * Ids of the chats whose details and messages a snapshot keeps: those of the last snapshot, then the opened ones, the
   * most recently opened last.
   */
  const opened = new Set<number>();

  /** Records that a chat is visible to the user. */
  const markChatVisible = (chat: Chat): void => {
    restored.delete(chat.id);
    batch(() => {
      if (chat.peer !== undefined) people.learn([chat.peer]);
      for (const gone of [left, absent]) {
        if (gone.peek().has(chat.id)) gone.value = new Set([...gone.peek()].filter((id) => id !== chat.id));
      }
    });
  };

  const keepChat = (chat: Chat): void => {
    batch(() => {
      view.keepChat(chat);
      markChatVisible(chat);
    });
  };

  /** Stores the details of a chat from a response; read marks that events have meanwhile moved further are kept. */
  const keepDetail = (detail: ChatDetail): void => {
    batch(() => {
      const marks = new Map(
        details
          .peek()
          .get(detail.id)
          ?.participants.map(({ id, last_read_seq }) => [id, last_read_seq]),
      );
      const participants = detail.participants.map((one) => ({
        ...one,
        last_read_seq: Math.max(one.last_read_seq, marks.get(one.id) ?? 0),
      }));
      details.value = new Map(details.peek()).set(detail.id, { ...detail, participants });
      people.learn(detail.participants);
      // The chat was hidden from the list: the client has emitted its `chat` event before.
      if (!chats.peek().has(detail.id)) keepChat(detail);
    });
  };

  const forgetChat = (chatId: number): void => {
    detailsShown.set(chatId, detailsAsked.get(chatId) ?? 0);
    restored.delete(chatId);
    opened.delete(chatId);
    batch(() => {
      view.forgetChat(chatId);
      details.value = new Map([...details.peek()].filter(([id]) => id !== chatId));
      left.value = new Set(left.peek()).add(chatId);
    });
  };

  // The service has listed all chats: chats of the snapshot that it did not list are no longer visible to the user.
  effect(() => {
    if (view.chatsState.value === 'loaded') for (const id of restored) forgetChat(id);
  });

  const loadDetail = async (chatId: number): Promise<void> => {
    const own = epoch;
    const asked = (detailsAsked.get(chatId) ?? 0) + 1;
    detailsAsked.set(chatId, asked);
    try {
      const detail = await api.getChat(chatId);
      // Superseded by the response to a later request, or by an event that requires another request.
      if (own !== epoch || asked <= (detailsShown.get(chatId) ?? 0)) return;
      detailsShown.set(chatId, asked);
      keepDetail(detail);
    } catch (error) {
      if (own !== epoch || !(error instanceof ChatError)) return;
      // The id in an address may be invalid; the service then responds with 422.
      if (error.code === 'validation_failed' || !chats.peek().has(chatId)) {
        absent.value = new Set(absent.peek()).add(chatId);
      } else if (error.code === 'chat_not_found') forgetChat(chatId);
      // On other errors the shown members stay: opening the panel, each event and each reconnection request them again.
    }
  };
  const refreshing = new Map<number, ReturnType<typeof setTimeout>>();
  /** Requests the details after a short delay, once for several causes. */
  const refreshDetail = (chatId: number): void => {
    // A response that is still on its way may be older than the change.
    detailsShown.set(chatId, detailsAsked.get(chatId) ?? 0);
    if (!details.peek().has(chatId) && !detailsAsked.has(chatId)) return;
    clearTimeout(refreshing.get(chatId));
    refreshing.set(
      chatId,
      setTimeout(() => void loadDetail(chatId), 300),
    );
  };

  const changeParticipant = (
    chatId: number,
    userId: number,
    change: (one: ChatDetail['participants'][number]) => Partial<ChatDetail['participants'][number]>,
  ): void => {
    const detail = details.peek().get(chatId);
    if (detail === undefined) return;
    keepDetail({
      ...detail,
      participants: detail.participants.map((one) => (one.id === userId ? { ...one, ...change(one) } : one)),
    });
  };

  /** Drops all state that belongs to a user, except drafts: these are kept for the user's next log-in. */
  const reset = (): void => {
    epoch += 1;
    for (const timer of refreshing.values()) clearTimeout(timer);
    refreshing.clear();
    closeDrafts();
    detailsAsked.clear();
    detailsShown.clear();
    restored.clear();
    opened.clear();
    people.forget();
    blocked.reset();
    openedDialog.value = undefined;
    announced.clear();
    forgetSearchTexts();
    files.reset();
    batch(() => {
      announcement.value = '';
      notices.value = [];
      details.value = new Map();
      left.value = new Set();
      absent.value = new Set();
      isRestored.value = false;
      editing.value = undefined;
    });
  };

  /** Stores what the page shows now, so that the same user can see it without a network. */
  const keepSnapshot = (): void => {
    clearTimeout(keepTimer);
    keepTimer = undefined;
    if (life.signal.aborted) return;
    const { id: userId = 0 } = user.peek() ?? {};
    // While the page has nothing to show, the previous snapshot is better than an empty one.
    if (userId === 0 || chats.peek().size === 0) return;
    void snapshots.save({
      userId,
      chats: chatList.peek().slice(0, KEPT_CHATS),
      details: [...opened].flatMap((chatId) => details.peek().get(chatId) ?? []),
      timelines: [...opened].slice(-KEPT_TIMELINES).flatMap((chatId) => {
        const newest = timelineOf(chatId).newest();
        return newest === undefined ? [] : [{ chatId, ...newest }];
      }),
    });
  };
  let keepTimer: ReturnType<typeof setTimeout> | undefined;
  const keepSoon = (): void => void (keepTimer ??= setTimeout(keepSnapshot, KEEP_MS));
  const onVisibility = (listener: () => void): void =>
    document.addEventListener('visibilitychange', listener, { signal: life.signal });
  onVisibility(() => {
    if (document.hidden) keepSnapshot();
  });

  /** Shows the last snapshot until the service has responded. */
  const restore = async (userId: number): Promise<void> => {
    const snapshot = await snapshots.load(userId);
    if (snapshot === undefined || user.peek()?.id !== userId) return;
    // The service has responded first: chats of the snapshot that it did not list are no longer visible to the user.
    const isAnswered = view.chatsState.peek() === 'loaded';
    batch(() => {
      for (const chat of snapshot.chats) {
        if (isAnswered || chats.peek().has(chat.id)) continue;
        keepChat(chat);
        restored.add(chat.id);
      }
      for (const detail of snapshot.details) {
        if (chats.peek().has(detail.id) && !details.peek().has(detail.id)) keepDetail(detail);
      }
      for (const { chatId, messages, hasOlder } of snapshot.timelines) {
        if (!chats.peek().has(chatId)) continue;
        opened.add(chatId);
        timelineOf(chatId).restore(messages, hasOlder);
      }
      isRestored.value = true;
    });
  };

  const enter = (profile: OwnProfile): void => {
    reset();
    openDrafts(profile.id);
    batch(() => {
      endedBecause.value = undefined;
      user.value = profile;
      people.learn([profile]);
    });
    client.start();
    // Messages with files in the outbox may be waiting for the module that uploads them.
    files.load().catch(() => {
      // Sending a file loads the module again.
    });
    void notifications.enter(profile.id);
  };

  /** Shows the profile as the client holds it, which no late response can have reverted. */
  const showProfile = (): void => {
    const profile = client.user;
    if (profile === undefined) return;
    batch(() => {
      user.value = profile;
      people.learn([profile]);
    });
  };

  /** Fetches the profile again: the user may have confirmed the address, or enabled a second factor, elsewhere. */
  const refreshUser = async (): Promise<void> => {
    const own = epoch;
    try {
      await api.getOwnProfile();
      if (own === epoch) showProfile();
    } catch {
      // The shown profile stays: becoming visible again fetches it once more.
    }
  };
  onVisibility(() => {
    if (!document.hidden && user.peek()?.email_verified === false) void refreshUser();
  });

  const noteTrouble = (state: ClientState): void => {
    if (state === 'offline') wasOffline = true;
    if (state === 'connecting' || state === 'offline') {
      // The user has pressed a button to connect, so the state must visibly change.
      if (trouble.peek() === 'displaced' || trouble.peek() === 'suspended') trouble.value = 'connecting';
      if (trouble.peek() === 'none') {
        troubleTimer ??= setTimeout(() => {
          trouble.value = wasOffline ? 'offline' : 'connecting';
        }, TROUBLE_MS);
      } else if (wasOffline) trouble.value = 'offline';
      return;
    }
    clearTimeout(troubleTimer);
    troubleTimer = undefined;
    wasOffline = false;
    trouble.value = state === 'displaced' ? 'displaced' : 'none';
  };

  const comeOnline = (): void => {
    const { chatId } = route.peek();
    if (chatId === undefined) return;
    refreshDetail(chatId);
    // A chat that was not opened yet is opened by the conversation, at its first unread message.
    if (opened.has(chatId)) void timelineOf(chatId).open();
  };

  // The view attaches its listeners before the page's own, which therefore see the new state of chats and messages.
  view.attach();
  client.on('state', ({ state }) => {
    noteTrouble(state);
    if (state === 'online') comeOnline();
    if (state === 'signed-out') {
      user.value = undefined;
      clearTimeout(keepTimer);
      keepTimer = undefined;
      void snapshots.erase();
      void notifications.leave();
      reset();
    }
  });
  client.on('session_ended', () => {
    endedBecause.value = 'Your session has ended. Log in again to go on.';
  });
  client.on('suspended', ({ detail }) => {
    suspension.value = suspensionOf(detail);
    trouble.value = 'suspended';
  });
  client.on('chat', ({ chat }) => {
    markChatVisible(chat);
    keepSoon();
    const detail = details.peek().get(chat.id);
    if (detail !== undefined) keepDetail({ ...detail, ...chat });
  });
  client.on('message', ({ message }) => {
    keepSoon();
    const last = Math.max(
      announced.get(message.chat_id) ?? 0,
      chats.peek().get(message.chat_id)?.last_seq ?? 0,
    );
    // A message that was edited or pinned is not announced again.
    const isNews = message.seq > (announced.get(message.chat_id) ?? 0) && message.seq >= last;
    if (message.sender_id !== user.peek()?.id && !message.is_deleted && isNews) {
      announced.set(message.chat_id, message.seq);
      const chat = chats.peek().get(message.chat_id);
      if (chat !== undefined) notifications.note(message, chat);
      if (blocked.has(message.sender_id)) return;
      const sender = labelOf(people.person(message.sender_id, message.sender_username));
      const heading = isMentioned(message, user.peek()?.id) ? `${sender} mentions you` : sender;
      announcement.value = `${heading}: ${isolated(summaryOf(message).slice(0, 200))}`;
    }
  });
  client.on('chat_left', ({ chat_id }) => forgetChat(chat_id));
  // The client fetches the members and emits them as `members`: details that the page requested before may be older.
  client.on('participants', ({ chat_id }) => {
    detailsShown.set(chat_id, detailsAsked.get(chat_id) ?? 0);
  });
  client.on('participant', ({ chat_id, participant }) =>
    changeParticipant(chat_id, participant.id, () => participant),
  );
  client.on('members', ({ chat_id, participants }) => {
    const shown = details.peek().get(chat_id) ?? chats.peek().get(chat_id);
    if (shown !== undefined) keepDetail({ ...shown, participants: [...participants] });
  });
  presence.on('presence', ({ chat_id, user_id, is_present }) => {
    if (is_present) changeParticipant(chat_id, user_id, () => ({ online: true }));
    // A user who has closed this chat may still be online.
    else refreshDetail(chat_id);
  });
  client.on('read', ({ chat_id, user_id, seq }) =>
    changeParticipant(chat_id, user_id, (one) => ({ last_read_seq: Math.max(one.last_read_seq, seq) })),
  );

  /** The users who may be mentioned in a chat: its members, and the users whom the edited message already mentions. */
  const mentionable = (chatId: number, known: readonly number[] = []) => [
    ...known.map((id) => ({ id, username: people.person(id).username })),
    ...(details.peek().get(chatId)?.participants ?? []).filter(({ id }) => id !== user.peek()?.id),
  ];
  /** Why a chat does not accept the user's messages, as far as the page knows; undefined when it accepts them. */
  const whyRefused = (chat: Chat): Refusal | undefined =>
    refusalOf(chat, {
      hasBlockedPeer: blocked.isPeerOf(chat),
      isRefused: outbox.value.some(
        (one) => one.chat_id === chat.id && one.error?.code === 'cannot_message_user',
      ),
    });
  /** Shows why the user cannot write to a chat, if that is so. @returns whether the user cannot write */
  const tellRefusal = (chat: Chat): boolean => {
    const refusal = whyRefused(chat);
    if (refusal !== undefined) tell(refusals[refusal]);
    return refusal !== undefined;
  };
  const isGroup = (chatId: number): boolean => chats.peek().get(chatId)?.chat_type === 'group';

  /**
   * Runs an action of the user, and shows an error message when it fails.
   *
   * @param sentences messages for particular error codes. @returns whether the action succeeded
   */
  const attempt = async (
    run: () => Promise<unknown>,
    sentences: Readonly<Record<string, string>> = {},
  ): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      tell((error instanceof ChatError ? sentences[error.code] : undefined) ?? sentenceOf(error));
      return false;
    }
  };

  /** @param discard whether unsent messages are dropped, too */
  const logOut = async (discard = false): Promise<void> => {
    navigate({}, { replace: true });
    closeDrafts({ forget: true });
    // The invitation must not remain for the next user who logs in on this device.
    keepInvitation(undefined);
    // The page is emptied by the client's state `signed-out`; the request to the service may take longer.
    await client.logOut({ discard });
  };

  /** Opens a message's chat and scrolls to the message, however old it is. */
  const showMessage = async ({ chat_id, seq }: Pick<Message, 'chat_id' | 'seq'>): Promise<void> => {
    // On a phone the panel would cover the message.
    const { chatId, panel } = route.peek();
    const keepsPanel =
      chatId === chat_id && panel !== undefined && !matchMedia('(max-width: 1100px)').matches;
    navigate({ chatId: chat_id, ...(keepsPanel ? { panel } : {}) });
    const timeline = timelineOf(chat_id);
    const jump = await timeline.jumpTo(seq);
    if (jump === 'deleted') tell('This message has been deleted.');
    // When no messages are shown, the list itself shows the error.
    else if (jump === 'failed' && timeline.loaded.peek()) tell('This message could not be loaded.');
  };

  const notifications = createNotifications(client, {
    chats: () => chats.value.values(),
    isBlocked: blocked.has,
    unread: () => unread.value,
    open: (chat_id, seq) => void showMessage({ chat_id, seq }),
    until: life.signal,
  });

  return {
    client,
    presence,
    api,
    user,
    connection,
    trouble,
    suspension,
    /** Incremented after each moderation action of the user, so that lists of reports are loaded again. */
    moderated: signal(0),
    blocked,
    notifications,
    endedBecause,
    people,
    chats,
    chatsState,
    chatList,
    /** The number of unread messages that mention the user. */
    mentions: computed(() => sumOf((chat) => chat.mention_count)),
    unread,
    details,
    left,
    absent,
    outbox,
    typing,
    notices,
    announcement,
    editing,
    files,
    timelineOf,
    pinsOf,
    tell,
    dismiss,
    attempt,
    loadChats,
    loadDetail,
    keepDetail,

    /** Loads a chat's members, its pins, and its messages from the first unread one on. */
    openChat: async (chat: Chat): Promise<void> => {
      // Moves the chat to the end of the set, as the most recently opened one.
      opened.delete(chat.id);
      opened.add(chat.id);
      await Promise.all([
        loadDetail(chat.id),
        pinsOf(chat.id).open(),
        timelineOf(chat.id).open(openingMark(chat)),
      ]);
      keepSoon();
    },

    resume: async (): Promise<void> => {
      const profile = await client.resume();
      // Another tab may have taken over meanwhile: what follows would connect this tab again.
      if (profile === undefined || life.signal.aborted) return;
      enter(profile);
      void refreshUser();
      await restore(profile.id);
    },
    /** @param totp a code of the second factor, or a recovery code. @throws ChatError, TypeError */
    logIn: async (username: string, password: string, totp?: string): Promise<void> =>
      enter(await client.logIn(username, password, totp)),
    register: async (account: Parameters<ChatClient['register']>[0]): Promise<void> =>
      enter(await client.register(account)),
    logOut,
    refreshUser,
    /** Stops everything that the model does by itself: the client, snapshots, and replies to the service worker. */
    dispose: (): void => {
      life.abort();
      clearTimeout(keepTimer);
      clearTimeout(troubleTimer);
      files.reset();
      void client.stop();
    },

    /** @throws ChatError, TypeError */
    updateProfile: async (change: Parameters<ChatApi['updateOwnProfile']>[0]): Promise<void> => {
      await api.updateOwnProfile(change);
      showProfile();
    },
    /** Makes an uploaded file the user's avatar. @throws ChatError, TypeError */
    setAvatar: async (attachmentId: string): Promise<void> => {
      await api.setAvatar(attachmentId);
      showProfile();
    },
    /** @throws ChatError, TypeError */
    removeAvatar: async (): Promise<void> => {
      await api.removeAvatar();
      showProfile();
    },
    /** @throws ChatError, TypeError */
    deleteAccount: async (password: string): Promise<void> => {
      // The service closes the connection before it responds, which would look as if the session had been ended
      // elsewhere.
      await client.stop();
      try {
        await api.deleteAccount(password);
      } catch (error) {
        client.start();
        throw error;
      }
      await logOut(true);
    },

    /** Opens the direct chat with a user; creates it if necessary. */
    openDirect: (userId: number): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'direct', participant_ids: [userId] });
        keepDetail(chat);
        navigate({ chatId: chat.id });
      }),
    createGroup: (name: string, userIds: readonly number[]): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'group', name, participant_ids: [...userIds] });
        keepDetail(chat);
        navigate({ chatId: chat.id });
      }),
    leaveGroup: (chatId: number): Promise<boolean> =>
      attempt(async () => {
        await api.leaveGroup(chatId);
        // The user may have navigated elsewhere while the request was running.
        if (route.peek().chatId === chatId) navigate({});
        forgetChat(chatId);
      }),
    deleteMessage: (message: Message): Promise<boolean> =>
      attempt(async () => {
        await api.deleteMessage(message.id);
        timelineOf(message.chat_id).apply(await api.getMessage(message.id));
      }),
    showMessage,
    /** Makes the next message that the user writes in the message's chat a reply to it. */
    replyTo: (message: Message): void => {
      const chat = chats.peek().get(message.chat_id);
      if (chat !== undefined && tellRefusal(chat)) return;
      batch(() => {
        editing.value = undefined;
        // A new object, so that choosing the same message again also moves the focus to the composer.
        keepDraft(message.chat_id, { replyTo: { ...message } });
      });
    },
    react: (message: Message, emoji: string, isOn: boolean): Promise<boolean> =>
      attempt(() => timelineOf(message.chat_id).react(message.id, emoji, isOn)),
    whyRefused,
    tellRefusal,
    mayPin: (chat: Chat): boolean => chat.chat_type === 'direct' || chat.is_admin,
    pin: (message: Message, isOn: boolean): Promise<boolean> =>
      attempt(async () => {
        if (!isOn) await api.unpin(message.id);
        const changed = isOn ? await api.pin(message.id) : await api.getMessage(message.id);
        timelineOf(message.chat_id).apply(changed);
        pinsOf(message.chat_id).apply(changed);
      }),
    restoreMessage: (message: Message): Promise<boolean> =>
      attempt(async () => timelineOf(message.chat_id).apply(await api.restoreMessage(message.id))),
    /** Changes the notification settings of a chat. */
    setChatNotifications: (
      chat: Chat,
      change: Parameters<ChatApi['setChatNotifications']>[1],
    ): Promise<boolean> =>
      attempt(async () => {
        const { level, muted_until } = await api.setChatNotifications(chat.id, change);
        const now = chats.peek().get(chat.id);
        if (now !== undefined) keepChat({ ...now, notifications: { level, muted_until } });
      }),
    block: (userId: number, isOn: boolean): Promise<boolean> =>
      attempt(() => (isOn ? api.block(userId) : api.unblock(userId))),
    /**
     * Sends a text with the chosen files and the mentions by name. @returns whether the message was put into the outbox
     */
    send: async (chatId: number, content: string, replyTo: number | undefined): Promise<boolean> => {
      const { ids, all } = mentionsIn(content, mentionable(chatId), isGroup(chatId));
      notifications.offer();
      const options = {
        ...(replyTo === undefined ? {} : { reply_to_id: replyTo }),
        ...(ids.length === 0 ? {} : { mentions: ids }),
        ...(all ? { mention_all: true } : {}),
      };
      const chosen = files.chosenIn(chatId);
      if (chosen.length === 0) {
        client.send(chatId, content, options);
        return true;
      }
      return attempt(async () => {
        const uploads = await files.load();
        uploads.send(
          chatId,
          content,
          chosen.map(({ file }) => file),
          options,
        );
        files.clear(chatId);
      });
    },
    /** Drops an unsent message. Its text returns to the composer, if that is empty. */
    takeBack: ({ chat_id, client_message_id, content }: PendingMessage): void => {
      client.discard(client_message_id);
      giveBack(chat_id, content);
    },
    /** Sends a refused message again without the cause of the refusal: the quoted message, or one of the files. */
    sendWithout: (pending: PendingMessage, what: 'reply' | { readonly fileId: string }): Promise<boolean> =>
      attempt(async () => {
        const { client_message_id, chat_id, content, reply_to_id, mentions, mention_all } = pending;
        const uploads = await files.load();
        const left = (pending.files ?? []).filter(({ id }) => what === 'reply' || id !== what.fileId);
        // Load the files first: discarding the message drops them.
        const loaded = await Promise.all(left.map(({ id }) => uploads.load(id)));
        const held = loaded.flatMap((file) => file ?? []);
        const lost = left.filter((_, index) => loaded[index] === undefined);
        if (held.length === 0 && content.trim() === '') {
          tell('Nothing is left to send: this device does not have the files any more.');
          return;
        }
        if (lost.length > 0) {
          const names = lost.map(({ name }) => `“${name}”`).join(', ');
          tell(`Left out, for this device does not have it any more: ${names}.`);
        }
        client.discard(client_message_id);
        uploads.send(chat_id, content, held, {
          mentions,
          mention_all,
          ...(what === 'reply' ? {} : { reply_to_id }),
        });
      }),
    /** Changes a message's text, and the mentions by name. */
    editMessage: (message: Message, content: string): Promise<boolean> =>
      attempt(async () => {
        const known = mentionable(message.chat_id, message.mentions);
        const { ids, all } = mentionsAfterEdit(message, content, known, isGroup(message.chat_id));
        const changed = await api.editMessage(message.id, content, { mentions: ids, mention_all: all });
        timelineOf(message.chat_id).apply(changed);
      }),
  };
};
export type ChatModel = ReturnType<typeof createChatModel>;

/** A chat's title as plain text. */
export const labelOfChat = (chat: Chat): string =>
  chat.name === null && chat.peer !== undefined ? labelOf(chat.peer) : titleOf(chat);

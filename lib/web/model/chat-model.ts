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
import { asked } from './asked.ts';
import { createBlocked } from './blocked.ts';
import { closeDrafts, keepDraft, openDrafts } from './drafts.ts';
import { isMuted } from './mute.ts';
import { createNotifications } from './notifications.ts';
import { createPeople, isolated, labelOf } from './people.ts';
import { createPageFiles } from './page-files.ts';
import { keepInvitation } from './opened-link.ts';
import { refusalOf, refusals, type Refusal } from './refusals.ts';
import { forgetTyped, navigate, route } from './router.ts';
import { sentenceOf, suspensionOf } from './sentences.ts';
import type { Snapshots } from './snapshots.ts';

/** Something to tell that nobody asked for: an action failed, say. */
export interface Notice {
  readonly id: number;
  readonly text: string;
}

/** What is shown is kept so long after it changed, and when the page goes out of sight. */
const KEEP_MS = 2000;
const KEPT_CHATS = 200;
const KEPT_TIMELINES = 20;

/** A connection that is away for less is renewed without a word. */
const TROUBLE_MS = 1200;

/** A message whose content is being changed in the composer. */
export interface Editing {
  readonly chatId: number;
  readonly message: Message;
}

/** The state of the page: what the client told, in a form that views can draw. */
export const createChatModel = (client: ChatClient, snapshots: Snapshots) => {
  /** Aborted when another tab has taken over: what is kept on this device is for that tab to keep. */
  const life = new AbortController();
  const api = createApi(client);
  const presence = presenceOf(client);
  const user = signal<OwnProfile | undefined>(client.user);
  const view = createChatView(client, {
    signal: <Value>(initial: Value): Signal<Value> => signal(initial),
    batch,
  });
  const { chats, outbox, typing, connection, timelineOf, pinsOf, loadChats } = view;
  /** What a person should know of the connection: one that is renewed in a moment is not worth a word. */
  const trouble = signal<'none' | 'connecting' | 'offline' | 'displaced' | 'suspended'>('none');
  /** What to say of a suspension, while there is one. */
  const suspension = signal('');
  let troubleTimer: ReturnType<typeof setTimeout> | undefined;
  let wasOffline = false;
  const endedBecause = signal<string | undefined>(undefined);
  const people = createPeople((id) => api.getProfile(id));
  const blocked = createBlocked(client);
  /** Of the chats that are not muted: what a badge counts. */
  const sumOf = (count: (chat: Chat) => number): number =>
    [...chats.value.values()].reduce((sum, chat) => sum + (isMuted(chat) ? 0 : count(chat)), 0);
  const unread = computed(() => sumOf((chat) => chat.unread_count));

  /** Whether chats of the last visit are shown. */
  const isRestored = signal(false);
  /** `kept`: those of the last visit are shown, and the service has not answered yet. */
  const chatsState = computed(() => {
    const state = view.chatsState.value;
    return isRestored.value && state !== 'loaded' ? 'kept' : state;
  });
  const chatList = computed(() => byActivity(chats.value.values()));
  const details = signal<ReadonlyMap<number, ChatDetail>>(new Map());
  /** Chats that were left or taken away while this page was open. */
  const left = signal<ReadonlySet<number>>(new Set());
  /** Chats that an address named, and that do not exist or are not the user's to see. */
  const absent = signal<ReadonlySet<number>>(new Set());
  const notices = signal<readonly Notice[]>([]);
  /** For the live region. */
  const announcement = signal('');
  /** By chat: the last message that was announced. */
  const announced = new Map<number, number>();
  const editing = signal<Editing | undefined>(undefined);
  let notice = 0;
  /** Grows with each log-in and log-out: what was asked for before is for nobody. */
  let epoch = 0;
  /** By chat: how many of its details were asked for, and which of them is shown. */
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

  /** Chats that the snapshot showed, and nothing else since. */
  const restored = new Set<number>();
  /** Chats whose messages are kept: those of the snapshot, then those that were opened, the latest last. */
  const opened = new Set<number>();

  /** A chat is the user's to see. */
  const noteChat = (chat: Chat): void => {
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
      noteChat(chat);
    });
  };

  /** Members as an answer shows them; read marks that events have moved on meanwhile stay. */
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
      // Hidden from the list until now: the client has told of it before.
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

  // The service has told of all chats: those of the last visit that it did not tell of are none of the user's any more.
  effect(() => {
    if (view.chatsState.value === 'loaded') for (const id of restored) forgetChat(id);
  });

  const loadDetail = async (chatId: number): Promise<void> => {
    const own = epoch;
    const asked = (detailsAsked.get(chatId) ?? 0) + 1;
    detailsAsked.set(chatId, asked);
    try {
      const detail = await api.getChat(chatId);
      // Overtaken by an answer that was asked for later, or by an event that made it ask again.
      if (own !== epoch || asked <= (detailsShown.get(chatId) ?? 0)) return;
      detailsShown.set(chatId, asked);
      keepDetail(detail);
    } catch (error) {
      if (own !== epoch || !(error instanceof ChatError)) return;
      // The id in an address may be none at all, which the service says by 422.
      if (error.code === 'validation_failed' || !chats.peek().has(chatId)) {
        absent.value = new Set(absent.peek()).add(chatId);
      } else if (error.code === 'chat_not_found') forgetChat(chatId);
      // Otherwise the members stay as they are shown: opening the panel, each event and each reconnection ask again.
    }
  };
  const refreshing = new Map<number, ReturnType<typeof setTimeout>>();
  /** Soon, and once for several reasons. */
  const refreshDetail = (chatId: number): void => {
    // What is on its way may be older than what happened.
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

  /** Everything that is of a user; their drafts stay for their return. */
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
    asked.value = undefined;
    announced.clear();
    forgetTyped();
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

  /** What the page shows now, for the same user to see without a network. */
  const keepSnapshot = (): void => {
    clearTimeout(keepTimer);
    keepTimer = undefined;
    if (life.signal.aborted) return;
    const { id: userId = 0 } = user.peek() ?? {};
    // Before there is anything to show, what was kept is better than nothing.
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

  /** Shows what the user saw last, until the service says how it is. */
  const restore = async (userId: number): Promise<void> => {
    const snapshot = await snapshots.load(userId);
    if (snapshot === undefined || user.peek()?.id !== userId) return;
    // The service was faster: a chat that it did not tell of is none of the user's any more.
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
    // Messages with files may be waiting for it.
    files.load().catch(() => {
      // Whoever sends a file loads it again.
    });
    void notifications.enter(profile.id);
  };

  /** Shows the profile that the client keeps, which no late answer has taken back. */
  const showProfile = (): void => {
    const profile = client.user;
    if (profile === undefined) return;
    batch(() => {
      user.value = profile;
      people.learn([profile]);
    });
  };

  /** Asks again how the account is: the address is confirmed, and a second factor begun, elsewhere too. */
  const refreshUser = async (): Promise<void> => {
    const own = epoch;
    try {
      await api.getOwnProfile();
      if (own === epoch) showProfile();
    } catch {
      // What is shown stays: the next visit asks again.
    }
  };
  onVisibility(() => {
    if (!document.hidden && user.peek()?.email_verified === false) void refreshUser();
  });

  const noteTrouble = (state: ClientState): void => {
    if (state === 'offline') wasOffline = true;
    if (state === 'connecting' || state === 'offline') {
      // Asked for by a press of a button: something has to be seen.
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
    // The conversation opens it for the first time, at the first unread message.
    if (opened.has(chatId)) void timelineOf(chatId).open();
  };

  // Ahead of the page's own listeners, which find the chats and messages in their new state.
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
    noteChat(chat);
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
    // Not again when it has changed, or is pinned.
    const isNews = message.seq > (announced.get(message.chat_id) ?? 0) && message.seq >= last;
    if (message.sender_id !== user.peek()?.id && !message.is_deleted && isNews) {
      announced.set(message.chat_id, message.seq);
      const chat = chats.peek().get(message.chat_id);
      if (chat !== undefined) notifications.note(message, chat);
      if (blocked.has(message.sender_id)) return;
      const sender = labelOf(people.person(message.sender_id, message.sender_username));
      const said = isMentioned(message, user.peek()?.id) ? `${sender} mentions you` : sender;
      announcement.value = `${said}: ${isolated(summaryOf(message).slice(0, 200))}`;
    }
  });
  client.on('chat_left', ({ chat_id }) => forgetChat(chat_id));
  // The client fetches the members and tells them as `members`: what the page asked for before may be older.
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
    // Away from this chat is not yet away.
    else refreshDetail(chat_id);
  });
  client.on('read', ({ chat_id, user_id, seq }) =>
    changeParticipant(chat_id, user_id, (one) => ({ last_read_seq: Math.max(one.last_read_seq, seq) })),
  );

  /** Who may be mentioned in a chat: its members, and those whom a message of it mentions already. */
  const mentionable = (chatId: number, known: readonly number[] = []) => [
    ...known.map((id) => ({ id, username: people.person(id).username })),
    ...(details.peek().get(chatId)?.participants ?? []).filter(({ id }) => id !== user.peek()?.id),
  ];
  /** Why the user's messages are not taken by a chat, as far as the page knows; undefined when they are. */
  const whyRefused = (chat: Chat): Refusal | undefined =>
    refusalOf(chat, {
      hasBlockedPeer: blocked.isPeerOf(chat),
      isRefused: outbox.value.some(
        (one) => one.chat_id === chat.id && one.error?.code === 'cannot_message_user',
      ),
    });
  /** Says why the user cannot write to a chat, if that is so. @returns whether it is */
  const tellRefusal = (chat: Chat): boolean => {
    const refusal = whyRefused(chat);
    if (refusal !== undefined) tell(refusals[refusal]);
    return refusal !== undefined;
  };
  const isGroup = (chatId: number): boolean => chats.peek().get(chatId)?.chat_type === 'group';

  /**
   * Runs an action of the user, and says so when it fails.
   *
   * @param sentences what to say of some codes of errors. @returns whether it worked
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

  /** @param discard whether what was not sent is forgotten, too */
  const logOut = async (discard = false): Promise<void> => {
    navigate({}, { replace: true });
    closeDrafts({ forget: true });
    // Who logs in next on this device was not invited by it.
    keepInvitation(undefined);
    // The page is emptied when the client says that it is signed out; to tell the service may take longer.
    await client.logOut({ discard });
  };

  /** Goes to a message, in whatever chat it is and however far up. */
  const showMessage = async ({ chat_id, seq }: Pick<Message, 'chat_id' | 'seq'>): Promise<void> => {
    // On a phone a panel would cover what one came to see.
    const { chatId, panel } = route.peek();
    const keepsPanel =
      chatId === chat_id && panel !== undefined && !matchMedia('(max-width: 1100px)').matches;
    navigate({ chatId: chat_id, ...(keepsPanel ? { panel } : {}) });
    const timeline = timelineOf(chat_id);
    const jump = await timeline.jumpTo(seq);
    if (jump === 'deleted') tell('This message has been deleted.');
    // Where nothing is shown, the list itself says so.
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
    /** Grows with each act of the user as a moderator: lists of reports are read anew. */
    moderated: signal(0),
    blocked,
    notifications,
    endedBecause,
    people,
    chats,
    chatsState,
    chatList,
    /** Unread messages that mention the user. */
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

    /** Loads a chat's messages, from the first unread one on, and its members. */
    openChat: async (chat: Chat): Promise<void> => {
      // The last one that was opened stands last.
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
      // Another tab may have taken over meanwhile: what follows would connect this one again.
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
    /** Ends what the model does by itself: stops the client, and keeps and answers nothing more. */
    dispose: (): void => {
      life.abort();
      clearTimeout(keepTimer);
      clearTimeout(troubleTimer);
      void client.stop();
    },

    /** @throws ChatError, TypeError */
    updateProfile: async (change: Parameters<ChatApi['updateOwnProfile']>[0]): Promise<void> => {
      await api.updateOwnProfile(change);
      showProfile();
    },
    /** Makes an uploaded file the user's picture. @throws ChatError, TypeError */
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
      // The service closes the connection before it answers, which would look like a session that somebody else ended.
      await client.stop();
      try {
        await api.deleteAccount(password);
      } catch (error) {
        client.start();
        throw error;
      }
      await logOut(true);
    },

    /** Opens the direct chat with somebody, which may have been there before. */
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
        // While the answer was on its way, one may have gone elsewhere.
        if (route.peek().chatId === chatId) navigate({});
        forgetChat(chatId);
      }),
    deleteMessage: (message: Message): Promise<boolean> =>
      attempt(async () => {
        await api.deleteMessage(message.id);
        timelineOf(message.chat_id).apply(await api.getMessage(message.id));
      }),
    showMessage,
    /** What is written next in the message's chat replies to it. */
    replyTo: (message: Message): void => {
      const chat = chats.peek().get(message.chat_id);
      if (chat !== undefined && tellRefusal(chat)) return;
      batch(() => {
        editing.value = undefined;
        // A copy: who chooses the same message again wants to write to it, too.
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
    /** Changes what of a chat the user is notified of. */
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
    /** Sends a text, with the files that were chosen and those whom it mentions by name. @returns whether it was put in the outbox */
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
    /** Sends a refused message without what it was refused for: being a reply, or one of its files. */
    sendWithout: (pending: PendingMessage, what: 'reply' | { readonly fileId: string }): Promise<boolean> =>
      attempt(async () => {
        const { client_message_id, chat_id, content, reply_to_id, mentions, mention_all } = pending;
        const uploads = await files.load();
        const left = (pending.files ?? []).filter(({ id }) => what === 'reply' || id !== what.fileId);
        // Discarding forgets them.
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
    /** Changes a text, and whom it mentions by name. */
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

/** A chat's title where there is room for text only. */
export const labelOfChat = (chat: Chat): string =>
  chat.name === null && chat.peer !== undefined ? labelOf(chat.peer) : titleOf(chat);

import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { ChatClient } from '../chat-client.ts';
import type { OwnProfile, Participant } from '../types.ts';
import { useConnectionState, type LoadState } from './hooks.ts';
import { useIsIn } from './use-is-in.ts';
import { useView } from './use-view.ts';
import type { ObservedView } from './observed-view.ts';
import { snapshot } from './snapshot.ts';

export interface MembersSnapshot {
  /** With their read marks (`last_read_seq`). */
  readonly members: readonly Participant[];
  readonly state: LoadState;
}

export interface Members extends MembersSnapshot {
  /** The other members who have read the chat up to this message: "seen by". */
  readonly seenBy: (seq: number) => readonly Participant[];
  /** Loads the members again. */
  readonly reload: () => Promise<void>;
}

/** The state for server-side rendering. */
const nothing = {
  members: { members: [], state: 'loading' } satisfies MembersSnapshot,
  present: [] as readonly number[],
};

const membersOf = (view: ObservedView, chatId: number): MembersSnapshot => {
  const { members, state } = view.membersOf(chatId);
  const sources = [members.value, state.value] as const;
  return snapshot(members, 'all', sources, () => ({ members: sources[0], state: sources[1] }));
};

/** The logged-in user’s own profile, as this client last fetched or changed it; undefined when nobody is logged in. */
export const useUser = (): OwnProfile | undefined => {
  const view = useView();
  return useSyncExternalStore(
    view.subscribe,
    () => view.user.value,
    () => undefined,
  );
};

/** Whom the user has blocked: hide their messages in common groups. */
export const useBlocks = (): Pick<ChatClient, 'isBlocked'> => {
  const view = useView();
  return useSyncExternalStore(
    view.subscribe,
    () => view.blocks.value,
    () => view.blocks.value,
  );
};

/** The members of a chat, kept current: who joins and leaves, roles, and how far each has read. */
export const useMembers = (chatId: number): Members => {
  const view = useView();
  const user = useUser();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => membersOf(view, chatId),
    () => nothing.members,
  );
  const connection = useConnectionState();
  const isIn = useIsIn(chatId);
  // Another object after the user was removed from the chat.
  const current = view.membersOf(chatId);
  useEffect(() => {
    if (connection !== 'signed-out') void view.membersOf(chatId).open();
  }, [view, chatId, connection, isIn, current]);
  return {
    ...shown,
    seenBy: useCallback(
      (seq: number) => shown.members.filter((one) => one.last_read_seq >= seq && one.id !== user?.id),
      [shown, user?.id],
    ),
    reload: useCallback(() => view.membersOf(chatId).reload(), [view, chatId]),
  };
};

/**
 * Announces that the user has a chat open, until the component unmounts.
 *
 * @returns the ids of the other users who have opened the chat since this client connected. Who had it open before
 *   is not known: the service reports only joining and leaving
 */
export const usePresence = (chatId: number): readonly number[] => {
  const view = useView();
  const present = useSyncExternalStore(
    view.subscribe,
    () => view.present.value.get(chatId) ?? nothing.present,
    () => nothing.present,
  );
  // `signed-out` forgets the chats that are open.
  const isSignedIn = useConnectionState() !== 'signed-out';
  useEffect(() => (isSignedIn ? view.enter(chatId) : undefined), [view, chatId, isSignedIn]);
  return present;
};

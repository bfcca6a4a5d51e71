import { untracked, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import { openingMark } from '../../client/view/chat-view.ts';
import type { Chunk } from '../../client/view/timeline.ts';
import { Down } from './icons.tsx';
import { MessageRow, PendingRow } from './message-row.tsx';
import { dayName, isOtherDay } from './times.ts';
import { useModel } from './use-model.ts';

/** Consecutive messages of one user within this time form a group. */
const TOGETHER_MS = 5 * 60 * 1000;
/** The distance from the end, in pixels, within which the list counts as being at its end. */
const END_PX = 60;

interface Anchor {
  readonly element: HTMLElement;
  /** The distance from the upper edge of the list. */
  readonly top: number;
}

/** The first visible message; its position must not change when messages are inserted above. */
const anchorIn = (scroller: HTMLElement): Anchor | undefined => {
  const { top } = scroller.getBoundingClientRect();
  for (const chunk of scroller.querySelectorAll<HTMLElement>('.chunk')) {
    if (chunk.getBoundingClientRect().bottom < top) continue;
    for (const element of chunk.querySelectorAll<HTMLElement>('.message')) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top - top };
    }
  }
  return undefined;
};

/** The minimal interval in milliseconds between read marks while the user scrolls. */
const MARK_MS = 1000;

/**
 * The `seq` of the last message whose end is visible or which fills the list; the one before the first message if there
 * is none.
 */
const lastSeenIn = (scroller: HTMLElement): number => {
  const { top, bottom } = scroller.getBoundingClientRect();
  const chunk = [...scroller.querySelectorAll<HTMLElement>('.chunk')].findLast(
    (one) => one.getBoundingClientRect().top < bottom && one.querySelector('[data-seq]') !== null,
  );
  const rows = [...(chunk?.querySelectorAll<HTMLElement>('[data-seq]') ?? [])];
  const seqOf = (row: HTMLElement | undefined): number => Number(row?.dataset['seq'] ?? 0);
  const seen = rows.findLast((row) => {
    const box = row.getBoundingClientRect();
    return box.bottom <= bottom + 1 || box.top <= top;
  });
  return seen === undefined ? seqOf(rows[0]) - 1 : seqOf(seen);
};

/** Scrolls to a message that the user has navigated to, and highlights it. */
const reveal = (element: HTMLElement): void => {
  element.scrollIntoView({ block: 'center' });
  // Reading the layout in between restarts the animation if the message was highlighted before.
  element.classList.remove('found');
  element.getBoundingClientRect();
  element.classList.add('found');
  element.focus({ preventScroll: true });
};

/** The messages of a chat, the newest at the bottom; older ones load as the user scrolls up. */
export const MessageList = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const timeline = model.timelineOf(chat.id);
  const scroller = useRef<HTMLDivElement>(null);
  const above = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLDivElement>(null);
  /** Whether the list is at its end, where new messages should scroll into view by themselves. */
  const atEnd = useSignal(true);
  const placed = useRef(false);
  /**
   * The user's read mark when the chat was opened, or when the first message came while the page had no focus. A line
   * is shown before the first message that was unread then.
   */
  const unreadAfter = useRef(openingMark(chat));
  const wasRead = useRef(chat.unread_count === 0);
  const firstUnread = useRef<number>(undefined);
  /** The `seq` of the last message that has been seen, and the number of unread messages after it. */
  const seen = useRef(0);
  const unreadBelow = useSignal(chat.unread_count);
  /**
   * Whether the user has jumped to a message past unread ones. A user who looks at a found message has not seen the
   * messages before it, until these become visible or the user goes to the end of the chat.
   */
  const hasSkipped = useRef(false);
  const markTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Whether the list is being reloaded in order to show its end. */
  const followsEnd = useRef(false);
  /**
   * The generation of the rendered list: `timeline` increments it when it replaces the list by another part of the
   * history.
   */
  const generation = useRef(timeline.generation());
  const nodes = useRef(
    new Map<
      number,
      { chunk: Chunk; previous: Message | undefined; unreadFrom: number | undefined; chat: Chat; node: VNode }
    >(),
  );

  /**
   * Keeps the end visible when the list or a chunk changes its height: a chunk has its remembered height until the
   * browser renders it, which happens after the effects here have run.
   */
  const heights = useRef<ResizeObserver>(undefined);
  heights.current ??= new ResizeObserver(() => {
    const list = scroller.current;
    if (list !== null && placed.current && atEnd.peek()) follow(list);
  });

  const chunks = timeline.chunks.value;
  const pending = model.outbox.value.filter(({ chat_id }) => chat_id === chat.id);
  const loading = timeline.loading.value;

  if (wasRead.current && chat.unread_count > 0 && !document.hasFocus()) {
    unreadAfter.current = chat.last_read_seq;
    firstUnread.current = undefined;
  }
  wasRead.current = chat.unread_count === 0;
  if (unreadAfter.current !== undefined && chunks.length > 0) {
    firstUnread.current ??= timeline.firstUnread(unreadAfter.current, model.user.peek()?.id);
  }

  // During rendering, the DOM still has the previous content.
  const anchor =
    scroller.current !== null && placed.current && !atEnd.peek() ? anchorIn(scroller.current) : undefined;

  const own = model.user.peek()?.id;

  /** Moves the read mark to the last seen message. Messages do not count as seen while the page has no focus. */
  const markRead = (): void => {
    markTimer.current = undefined;
    const now = model.chats.peek().get(chat.id);
    if (now !== undefined && seen.current > now.last_read_seq && now.unread_count > 0) {
      model.client.markRead(chat.id, seen.current);
    }
  };
  const markSeen = (): void => {
    const list = scroller.current;
    const now = model.chats.peek().get(chat.id);
    if (list === null || now === undefined || !placed.current) return;
    const { last_read_seq: mark, unread_count: unread } = now;
    const reachesBack = timeline.reachesBackTo(mark);
    if (hasSkipped.current && reachesBack) {
      const first = Number(anchorIn(list)?.element.dataset['seq'] ?? Number.POSITIVE_INFINITY);
      hasSkipped.current = timeline.countUnread(Math.max(mark, seen.current), first - 1, own) > 0;
    }
    // The rendered messages may be about to be replaced by those that the user wants to see.
    const isSettled = timeline.loading.peek() !== 'first' && timeline.target.peek() === undefined;
    const isWhole = atEnd.peek() && !timeline.hasNewer.peek();
    const isLookedAt = document.hasFocus() && isSettled && !hasSkipped.current && (isWhole || reachesBack);
    if (isLookedAt) seen.current = Math.max(seen.current, isWhole ? timeline.last() : lastSeenIn(list));
    const inSight = hasSkipped.current ? lastSeenIn(list) : seen.current;
    unreadBelow.value = Math.max(0, unread - timeline.countUnread(mark, inSight, own));
    // At the end of the chat the mark is sent at once, since other users wait for it. While scrolling, once for several
    // messages.
    if (!isLookedAt) return;
    if (isWhole) markRead();
    else if (seen.current > mark) markTimer.current ??= setTimeout(markRead, MARK_MS);
  };

  const lookAround = (): void => {
    const list = scroller.current;
    if (list === null || !placed.current) return;
    atEnd.value =
      !timeline.hasNewer.peek() && list.scrollHeight - list.scrollTop - list.clientHeight < END_PX;
    markSeen();
  };

  /** Scrolls to the end; while the page has no focus, only until the first message that the user has not seen. */
  const follow = (list: HTMLElement): void => {
    list.scrollTop = list.scrollHeight;
    if (document.hasFocus() || model.chats.peek().get(chat.id)?.unread_count === 0) return;
    const line = list.querySelector('.unread-line');
    if (line === null || line.getBoundingClientRect().top >= list.getBoundingClientRect().top) return;
    line.scrollIntoView({ block: 'start' });
    lookAround();
  };

  const toEnd = async (): Promise<void> => {
    hasSkipped.current = false;
    followsEnd.current = true;
    if (await timeline.toLatest()) return;
    followsEnd.current = false;
    // Without a network, the list goes to the end of the loaded messages; if newer ones exist, the skipped messages
    // have not been seen.
    hasSkipped.current = timeline.hasNewer.peek();
    atEnd.value = !hasSkipped.current;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    markSeen();
  };

  /** Scrolls to the message that the user wants to see, once it is rendered. @returns whether it is shown */
  const goToTarget = (): boolean => {
    const wanted = timeline.target.peek();
    const element = scroller.current?.querySelector<HTMLElement>(`[data-seq="${wanted}"]`);
    if (wanted === undefined || element === null || element === undefined) return false;
    timeline.target.value = undefined;
    placed.current = true;
    hasSkipped.current = true;
    reveal(element);
    lookAround();
    return true;
  };

  useLayoutEffect(() => {
    const list = scroller.current;
    if (list === null || chunks.length + pending.length === 0) {
      placed.current = false;
      return;
    }
    if (generation.current !== timeline.generation()) placed.current = false;
    generation.current = timeline.generation();
    if (goToTarget()) return;
    if (!placed.current) {
      placed.current = true;
      hasSkipped.current = false;
      const line = followsEnd.current ? null : list.querySelector('.unread-line');
      followsEnd.current = false;
      list.scrollTop = list.scrollHeight;
      if (line !== null) line.scrollIntoView({ block: 'start' });
      lookAround();
    } else if (atEnd.peek()) follow(list);
    else if (anchor !== undefined) {
      const top = anchor.element.getBoundingClientRect().top - list.getBoundingClientRect().top;
      list.scrollTop += top - anchor.top;
    }
    markSeen();
  });

  // The user has searched for a message in the chat that is open already.
  useSignalEffect(() => {
    if (timeline.target.value !== undefined) untracked(goToTarget);
  });

  // The list always scrolls to the user's own new message.
  const sent = pending.at(-1)?.client_message_id;
  const isMounted = useRef(false);
  useEffect(() => {
    // A chat that is opened at a particular message does not scroll to unsent messages.
    const isGoingElsewhere = !isMounted.current && timeline.target.peek() !== undefined;
    isMounted.current = true;
    if (sent !== undefined && !isGoingElsewhere) void toEnd();
  }, [sent]);

  useEffect(() => {
    const list = scroller.current;
    if (list === null) return undefined;
    heights.current?.observe(list);
    addEventListener('focus', markSeen);
    return () => {
      heights.current?.disconnect();
      removeEventListener('focus', markSeen);
      clearTimeout(markTimer.current);
      markRead();
    };
  }, []);

  // Observes again after each load: an end that is still near the visible area then loads more.
  useEffect(() => {
    if (scroller.current === null || loading !== undefined || timeline.failed.peek()) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) void (target === above.current ? timeline.loadOlder() : timeline.loadNewer());
        }
      },
      { root: scroller.current, rootMargin: '1200px 0px' },
    );
    for (const end of [above.current, below.current]) if (end !== null) observer.observe(end);
    return () => observer.disconnect();
  }, [chunks, loading]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const list = scroller.current;
    const focused = document.activeElement?.closest<HTMLElement>('.message');
    if (list === null || (event.target as HTMLElement).closest('[popover], dialog') !== null) return;
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const all = [...list.querySelectorAll<HTMLElement>('.message')];
      const at = focused == null ? all.length : all.indexOf(focused);
      const next = all[at + (event.key === 'ArrowUp' ? -1 : 1)];
      event.preventDefault();
      next?.focus({ preventScroll: true });
      next?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && event.target === focused) {
      event.preventDefault();
      focused?.querySelector<HTMLButtonElement>('.message-menu, .meta .link-button')?.click();
    } else if (event.key === 'End') {
      event.preventDefault();
      void toEnd();
    }
  };

  const empty = timeline.loaded.value && chunks.length === 0 && pending.length === 0;
  return (
    <div class="message-area">
      <div
        class="messages"
        ref={scroller}
        role="region"
        aria-label="Messages. Arrow keys move between them, Enter shows what can be done with one, Tab goes to what is in it."
        tabIndex={0}
        onScroll={lookAround}
        onKeyDown={onKeyDown}
      >
        <div class="filler" />
        <div ref={above} class="end">
          {timeline.failed.value ? (
            <p class="load-failed">
              Messages could not be loaded.{' '}
              <button
                type="button"
                class="link-button"
                onClick={() => void (timeline.loaded.peek() ? timeline.loadOlder() : timeline.open())}
              >
                Try again
              </button>
            </p>
          ) : loading === 'older' || loading === 'first' ? (
            <p class="loading">Loading…</p>
          ) : (
            chunks.length > 0 && !timeline.hasOlder.value && <p class="beginning">This is where it began.</p>
          )}
        </div>
        {chunks.map((chunk, index) => {
          const previous = chunks[index - 1]?.messages.at(-1);
          const before = nodes.current.get(chunk.id);
          // Reusing the same node makes Preact skip the chunk, so the cost does not grow with the number of chunks.
          if (
            before?.chunk === chunk &&
            before.previous === previous &&
            before.unreadFrom === firstUnread.current &&
            before.chat.is_admin === chat.is_admin
          ) {
            return before.node;
          }
          const node = (
            <ChunkView
              key={chunk.id}
              chunk={chunk}
              previous={previous}
              chat={chat}
              unreadFrom={firstUnread.current}
              heights={heights.current}
            />
          );
          nodes.current.set(chunk.id, { chunk, previous, unreadFrom: firstUnread.current, chat, node });
          return node;
        })}
        {pending.length > 0 && (
          <ol class="chunk">
            {pending.map((one) => (
              <PendingRow key={one.client_message_id} pending={one} />
            ))}
          </ol>
        )}
        <div ref={below} class="end" />
        {empty && (
          <div class="empty">
            <h2>Nothing here yet</h2>
            <p>Say hello.</p>
          </div>
        )}
      </div>
      {!atEnd.value && chunks.length > 0 && (
        <button
          type="button"
          class="to-end"
          aria-label={`To the newest message${unreadBelow.value > 0 ? `, ${unreadBelow.value} unread below` : ''}`}
          title="To the newest message"
          onClick={() => void toEnd()}
        >
          <Down />
          {unreadBelow.value > 0 && (
            <span class="badge" aria-hidden="true">
              {unreadBelow.value > 99 ? '99+' : unreadBelow.value}
            </span>
          )}
        </button>
      )}
    </div>
  );
};

const ChunkView = (props: {
  readonly chunk: Chunk;
  readonly previous: Message | undefined;
  readonly chat: Chat;
  /** The `seq` of the message before which the line of unread messages is shown. */
  readonly unreadFrom: number | undefined;
  /** Observes the height of this chunk. */
  readonly heights: ResizeObserver | undefined;
}) => {
  const { chunk, chat, unreadFrom, heights } = props;
  const model = useModel();
  const own = model.user.value?.id;
  const element = useRef<HTMLOListElement>(null);

  /**
   * The `seq` up to which all other participants have read, clamped to this chunk so that the chunk renders only when
   * its own marks change.
   */
  const readUpTo = useComputed(() => {
    const marks = (model.details.value.get(chat.id)?.participants ?? [])
      .filter(({ id }) => id !== own)
      .map(({ last_read_seq }) => last_read_seq);
    const all = marks.length === 0 ? 0 : Math.min(...marks);
    const first = chunk.messages[0]?.seq ?? 0;
    return Math.min(Math.max(all, first - 1), chunk.messages.at(-1)?.seq ?? 0);
  }).value;

  // A chunk outside the viewport is not rendered, but keeps exactly its height, so that nothing moves when it becomes
  // visible.
  useLayoutEffect(() => {
    const list = element.current;
    if (list === null) return;
    list.style.contentVisibility = 'visible';
    list.style.containIntrinsicBlockSize = `auto ${list.offsetHeight}px`;
    list.style.contentVisibility = 'auto';
  }, [chunk, props.previous, unreadFrom]);

  useEffect(() => {
    const list = element.current;
    if (list === null) return undefined;
    heights?.observe(list);
    return () => heights?.unobserve(list);
  }, []);

  let { previous } = props;
  return (
    <ol class="chunk" ref={element}>
      {/* A flat list, so that a row keeps its element when others are inserted before it. */}
      {chunk.messages.flatMap((message) => {
        const before = previous;
        previous = message;
        const newDay = before === undefined || isOtherDay(before.timestamp, message.timestamp);
        const firstUnread = message.seq === unreadFrom;
        const goesOn =
          !newDay &&
          !firstUnread &&
          before.sender_id === message.sender_id &&
          Date.parse(message.timestamp) - Date.parse(before.timestamp) < TOGETHER_MS;
        return [
          newDay && (
            <li key={`day-${message.seq}`} class="day">
              <span>{dayName(message.timestamp)}</span>
            </li>
          ),
          firstUnread && (
            <li key="unread" class="unread-line">
              <span>New</span>
            </li>
          ),
          <MessageRow
            key={message.seq}
            chat={chat}
            message={message}
            goesOn={goesOn}
            isRead={message.seq <= readUpTo}
          />,
        ];
      })}
    </ol>
  );
};

import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientPlatform } from '../../lib/client/index.ts';
import type { SyncAnswer, SyncBody } from '../../functions/sync/contract.ts';

/** What happens to a request of a device, and to its response. */
export const networkFates = [
  /** The service never gets the request. */
  'request lost',
  /** The service acts, and the device never learns of it. */
  'answer lost',
  /** Events of later changes overtake the response. */
  'answer late',
] as const;
export type NetworkFate = (typeof networkFates)[number];

/** The HTTP network between a device and the service, which the test can break. */
export interface FlakyNetwork {
  readonly fetch: ClientPlatform['fetch'];
  /** Breaks the next requests. */
  readonly plan: (fate: NetworkFate, count: number) => void;
  /** Cancels all planned faults. */
  readonly heal: () => void;
}

/** How much one response of a sync contains. */
export interface SyncShare {
  /** Undefined for as many as the client asks for. */
  readonly messages?: number;
  /** Chats that the client did not name. */
  readonly joined: number;
  /** Chats with their members. */
  readonly details: number;
}

const LATE_MS = 400;
/** The client's lists of chats: each is cut to pages of this many chats when syncs are cut, too. */
const CHATS_PER_PAGE = 2;

/**
 * Cuts a response of `POST /sync` as the service does when there is no room for more chats: the schedules have too few
 * of them for the service's own limits.
 */
const cut = (answer: SyncAnswer, { chats: asked }: SyncBody, { joined, details }: SyncShare): SyncAnswer => {
  const revOf = new Map(asked.map(({ chat_id: chatId, rev }) => [chatId, rev]));
  let room = details;
  const chats = answer.chats.map((chat) => {
    if (chat.chat === null) return chat;
    room -= 1;
    if (room >= 0) return chat;
    const rev = revOf.get(chat.chat_id) ?? 0;
    return { ...chat, rev, chat: null, participants: null, messages: [], has_more: true };
  });
  return {
    ...answer,
    chats,
    joined: answer.joined.slice(0, joined),
    more_joined: answer.more_joined || answer.joined.length > joined,
  };
};

const withLimit = (body: SyncBody, { messages }: SyncShare): SyncBody => ({
  ...body,
  limit: messages ?? body.limit,
});

/**
 * @param share how much one sync returns; undefined for as much as the client asks for
 * @param onAnswer called with the body of each response that has one
 */
export const createFlakyNetwork = (
  share: SyncShare | undefined,
  onAnswer: (request: string, body: unknown) => void,
): FlakyNetwork => {
  const fates: NetworkFate[] = [];

  return {
    fetch: async (url, request) => {
      const fate = fates.shift();
      if (fate === 'request lost') throw new TypeError('The request was lost');
      const isCut = share !== undefined && url.endsWith('/sync');
      const asked = isCut ? withLimit(JSON.parse(request.body ?? '') as SyncBody, share) : undefined;
      const response = await fetch(
        // The latest chats, without a page, are never more than the schedules have.
        share !== undefined && /\/chats\?page=/.test(url)
          ? url.replace(/limit=\d+/, `limit=${CHATS_PER_PAGE}`)
          : url,
        asked === undefined ? request : { ...request, body: JSON.stringify(asked) },
      );
      const { ok, status, headers } = response;
      const text = await response.text();
      const body: unknown = text === '' ? null : JSON.parse(text);
      if (ok) onAnswer(`${request.method} ${url}`, body);
      if (fate === 'answer lost') throw new TypeError('The response was lost');
      if (fate === 'answer late') await sleep(LATE_MS);
      const shown =
        ok && isCut && asked !== undefined ? JSON.stringify(cut(body as SyncAnswer, asked, share)) : text;
      return { ok, status, headers, text: async () => shown };
    },
    plan: (fate, count) => fates.push(...Array.from({ length: count }, () => fate)),
    heal: () => {
      fates.length = 0;
    },
  };
};

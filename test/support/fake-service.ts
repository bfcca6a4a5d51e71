import { untouched } from './messages.ts';
import type { Chat, Message, Participant } from '../../functions/contract/schemas.ts';
import type { ClientStorage } from '../../lib/client/chat-client.ts';
import { createChatClient } from '../../lib/client/index.ts';
import { createFakePlatform, createFakeStorage, settle, type FakeSocket } from './fake-platform.ts';

/** A received request. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** The user of the access token. */
  readonly userId: number | undefined;
  readonly body: Record<string, unknown> | undefined;
}

export const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

export const refusal = (status: number, code: string, more: object = {}): Response =>
  json(status, { detail: 'No.', status_code: status, code, ...more });

export const chatOf = (id: number, change: Partial<Chat> = {}): Chat => ({
  id,
  chat_type: 'group',
  name: 'A group',
  avatar_url: null,
  description: null,
  posting: 'everyone',
  slow_seconds: 0,
  is_active: true,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  participant_count: 2,
  last_seq: 0,
  rev: 0,
  last_message: null,
  unread_count: 0,
  mention_count: 0,
  last_read_seq: 0,
  is_admin: false,
  notifications: { level: 'all', muted_until: null },
  ...change,
});

export const participantOf = (id: number, change: Partial<Participant> = {}): Participant => ({
  id,
  username: `user${id}`,
  full_name: null,
  avatar_url: null,
  role: 'member',
  is_admin: false,
  joined_at: '2026-01-01T00:00:00.000Z',
  last_read_seq: 0,
  online: false,
  ...change,
});

export const messageOf = (chatId: number, seq: number, change: Partial<Message> = {}): Message => ({
  id: chatId * 1000 + seq,
  message_id: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e',
  chat_id: chatId,
  seq,
  rev: seq,
  sender_id: 9,
  sender_username: 'grace',
  content: `message ${seq}`,
  message_type: 'text',
  timestamp: `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`,
  ...untouched(),
  ...change,
});

/**
 * A service with one chat, played by the test. Its users are `ada` (1) and `bob` (2). Each log-in starts a family of
 * tokens, of which only the last one is valid.
 */
export const createFakeService = () => {
  const asked: RecordedRequest[] = [];
  /** By family: the number of its renewals; undefined when the family has ended. */
  const families = new Map<string, number>();
  let families_made = 0;
  let chats: Chat[] = [chatOf(7)];
  let blocked: number[] = [];
  /** Responds instead of the service; returns undefined to let the service respond. */
  let intercept: (asked: RecordedRequest) => Response | Promise<Response> | undefined = () => undefined;

  const userOf = (id: number) => ({
    id,
    username: id === 1 ? 'ada' : 'bob',
    email: `${id}@example.org`,
    full_name: null,
    is_active: true,
    created_at: '2026-01-01T00:00:00.000Z',
    last_seen: null,
    role: 'user',
  });
  const tokensOf = (family: string) => {
    const token = `${family}.${families.get(family)}`;
    return {
      access_token: `a.${token}`,
      refresh_token: `r.${token}`,
      token_type: 'bearer',
      expires_in: 1800,
    };
  };

  const answer = ({ path, method, userId, body = {} }: RecordedRequest): Response => {
    if (path === '/info') return json(200, { websocket_url: 'wss://chat.example.org/local' });
    if (path === '/users/login') {
      families_made += 1;
      const family = `${body['username'] === 'ada' ? 1 : 2}.${families_made}`;
      families.set(family, 1);
      return json(200, tokensOf(family));
    }
    if (path === '/users/refresh') {
      const [, user, made, count] = String(body['refresh_token']).split('.');
      const family = `${user}.${made}`;
      if (families.get(family) !== Number(count)) {
        families.delete(family);
        return refusal(401, 'refresh_token_reused');
      }
      families.set(family, Number(count) + 1);
      return json(200, tokensOf(family));
    }
    if (path === '/users/logout') return new Response(null, { status: 204 });
    if (userId === undefined) return refusal(401, 'token_expired');
    if (path === '/users/me') return json(200, userOf(userId));
    if (path.startsWith('/users/me/blocks?')) {
      const items = blocked.map((id) => ({ id }));
      return json(200, { items, total: items.length, page: 1, limit: 100, pages: 1 });
    }
    if (path.startsWith('/users/me/blocks/')) return new Response(null, { status: 204 });
    if (path === '/ws/tickets') return json(201, { ticket: `ticket-of-${userId}`, expires_in: 60 });
    if (path === '/sync') {
      return json(200, { chats: [], joined: chats, left: [], more_joined: false });
    }
    if (path.endsWith('/read')) return json(200, { chat_id: 7, last_read_seq: body['seq'], unread_count: 0 });
    if (path === '/messages') return json(201, messageOf(7, 1, { sender_id: userId }));
    if (path.startsWith('/chats?') || (path === '/chats' && method === 'GET')) {
      return json(200, { items: chats, total: chats.length, page: 1, limit: 100, pages: 1 });
    }
    const chat = chats.find(({ id }) => path === `/chats/${id}`);
    return chat === undefined ? refusal(404, 'chat_not_found') : json(200, { ...chat, participants: [] });
  };

  const fetch = async (url: string | URL | Request, options: RequestInit = {}): Promise<Response> => {
    const token = new Headers(options.headers).get('authorization') ?? '';
    const [, user, made, count] = token.split('.');
    const isGood = families.get(`${user}.${made}`) === Number(count);
    const one: RecordedRequest = {
      method: options.method ?? 'GET',
      path: (url instanceof Request ? url.url : url.toString()).replace(
        'https://chat.example.org/api/v1',
        '',
      ),
      userId: isGood ? Number(user) : undefined,
      body:
        options.body === undefined || options.body === null
          ? undefined
          : (JSON.parse(options.body as string) as Record<string, unknown>),
    };
    asked.push(one);
    return (await intercept(one)) ?? answer(one);
  };

  return {
    fetch,
    asked,
    askedFor: (path: string): RecordedRequest[] => asked.filter((one) => one.path === path),
    answer,
    intercept: (answerOf: typeof intercept) => void (intercept = answerOf),
    setChats: (next: Chat[]) => void (chats = next),
    setBlocked: (next: number[]) => void (blocked = next),
    /** Ends all sessions. */
    revoke: (): void => families.clear(),
  };
};

/** A client of the fake service, with sockets and a clock that the test controls. */
export const createFakeClient = (
  service = createFakeService(),
  storage: ClientStorage = createFakeStorage().storage,
) => {
  const fake = createFakePlatform();
  const client = createChatClient({
    baseUrl: 'https://chat.example.org/api/v1',
    storage,
    platform: { ...fake.platform, fetch: service.fetch },
  });
  return {
    ...fake,
    client,
    service,
    /** Starts the client, and plays the service until the client is online. */
    goOnline: async (): Promise<FakeSocket> => {
      client.start();
      await settle();
      const socket = fake.socket();
      socket.open();
      await settle();
      return socket;
    },
  };
};

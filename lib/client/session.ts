import type { logIn, logOut, refreshSession, Tokens } from '../../functions/sessions/contract.ts';
import type { OwnProfile, getOwnProfile } from '../../functions/users/contract.ts';
import { ChatError, type AnyErrorCode, type ClientPlatform } from './chat-client.ts';
import type { BodyOf, Call } from './contract.ts';
import type { CallAs, Request } from './http.ts';
import type { Store } from './store.ts';

/** A log-in on this device. */
interface StoredSession {
  readonly user: OwnProfile;
  readonly access_token: string;
  readonly refresh_token: string;
  /** Milliseconds since 1970, by this device's clock. */
  readonly expires_at: number;
}

export interface Session {
  readonly user: OwnProfile | undefined;
  /** When the current access token expires, in milliseconds since 1970. */
  readonly tokenExpiresAt: number;
  /** Loads the session from the storage. */
  load(): Promise<OwnProfile | undefined>;
  /** @param beforeChange runs after the service has accepted the password, before the session is replaced */
  logIn(credentials: BodyOf<typeof logIn>, beforeChange?: () => Promise<void>): Promise<OwnProfile>;
  /** Ends the session on this device, and at the service when it can be reached. */
  logOut(): Promise<void>;
  /** Stores the user's changed profile. */
  setUser(user: OwnProfile): Promise<void>;
  /**
   * Calls a route as the user, with a token that is renewed before it expires. A response that arrives after another
   * user has logged in becomes an error.
   */
  readonly call: Call;
  /** Renews the access token, unless `stale` is no longer the current one. @throws ChatError, TypeError */
  renew(stale: string | undefined): Promise<void>;
}

const KEY = 'chat-service/session';

/** A token is renewed this long before it expires, in milliseconds: clocks differ, and requests take time. */
const MARGIN_MS = 30_000;

/** Error codes after which no token of this session is valid any more. */
const endings = new Set(['invalid_refresh_token', 'refresh_token_reused', 'session_revoked']);

/** The stored session; undefined when the entry is of another version, or corrupt. */
const sessionIn = (stored: unknown): StoredSession | undefined => {
  const session = stored as StoredSession | undefined;
  return typeof session?.user?.id === 'number' &&
    typeof session.access_token === 'string' &&
    typeof session.refresh_token === 'string' &&
    typeof session.expires_at === 'number'
    ? session
    : undefined;
};

/**
 * The tokens of one log-in.
 *
 * @param onEnd called once when the service has ended the session
 */
export const createSession = (
  call: CallAs,
  store: Store,
  platform: ClientPlatform,
  onEnd: (code: AnyErrorCode) => void,
): Session => {
  let current: StoredSession | undefined;
  let renewing: Promise<void> | undefined;
  /** Replaced refresh tokens that may still be in the storage, since it rejected a later write. */
  const spent = new Set<string>();

  /** Stores or removes a user's session. Leaves a session alone that another tab has stored for another user. */
  const replace = (userId: number, session: StoredSession | undefined): Promise<void> =>
    store.update(KEY, (stored) => {
      const other = sessionIn(stored);
      return other === undefined || other.user.id === userId ? session : other;
    });

  const keep = (session: StoredSession): Promise<void> => {
    current = session;
    return replace(session.user.id, session);
  };

  const withEnd = (tokens: Tokens) => ({
    ...tokens,
    expires_at: platform.now() + tokens.expires_in * 1000,
  });

  const forget = async (): Promise<void> => {
    const userId = current?.user.id;
    current = undefined;
    if (userId) await replace(userId, undefined);
  };

  /** Adopts tokens that another tab with the same storage has fetched for the same user after `used`. */
  const adopt = async (used: StoredSession): Promise<StoredSession | undefined> => {
    const other = sessionIn(await store.read(KEY));
    if (other?.user.id !== used.user.id || other.refresh_token === used.refresh_token) return undefined;
    if (spent.has(other.refresh_token) || current?.user.id !== used.user.id) return undefined;
    current = other;
    return other;
  };

  const exchange = async (): Promise<void> => {
    const used = current;
    if (!used) throw notLoggedIn();
    const adopted = await adopt(used);
    if (adopted && adopted.expires_at - platform.now() > MARGIN_MS) return;
    const presented = adopted ?? used;
    /** Whether the user has logged out since the request was sent; another user may have logged in. */
    const isOver = (): boolean => current?.refresh_token !== presented.refresh_token;
    try {
      const tokens = await call<typeof refreshSession>('POST /users/refresh', 'refresh_token', {
        refresh_token: presented.refresh_token,
      });
      if (isOver()) throw notLoggedIn();
      spent.add(presented.refresh_token);
      await keep({ user: current?.user ?? presented.user, ...withEnd(tokens) });
    } catch (error) {
      if (!(error instanceof ChatError) || !endings.has(error.code) || isOver()) throw error;
      if (await adopt(presented)) return;
      await forget();
      onEnd(error.code);
      throw error;
    }
  };

  const renew = async (stale: string | undefined): Promise<void> => {
    if (stale && current?.access_token !== stale) return;
    renewing ??= inOneTabAtATime(exchange).finally(() => {
      renewing = undefined;
    });
    await renewing;
  };

  const freshToken = async (): Promise<string> => {
    if (!current) throw notLoggedIn();
    if (current.expires_at - platform.now() <= MARGIN_MS) await renew(current.access_token);
    return current.access_token;
  };

  const asUser: Request = async (request, field, input) => {
    const userId = current?.user.id;
    const ask = async (token: string): Promise<unknown> => {
      if (current?.user.id !== userId) throw notLoggedIn();
      return (call as Request)(request, field, input, token);
    };
    const token = await freshToken();
    const answer = await ask(token).catch(async (error: unknown) => {
      // A wrong code of a second factor also yields a 401, but the token is fine.
      if (!(error instanceof ChatError) || error.status !== 401 || error.code === 'invalid_totp') throw error;
      // The token expired earlier than this device's clock said, or was revoked: the refresh token decides.
      await renew(token);
      return ask(await freshToken());
    });
    if (current && current.user.id !== userId) throw notLoggedIn();
    return answer;
  };

  return {
    get user() {
      return current?.user;
    },
    get tokenExpiresAt() {
      return current?.expires_at ?? 0;
    },
    load: async () => {
      current = sessionIn(await store.read(KEY));
      return current?.user;
    },
    logIn: async (body, beforeChange) => {
      const tokens = await call<typeof logIn>('POST /users/login', 'refresh_token', body);
      const user = await call<typeof getOwnProfile>('GET /users/me', 'email', undefined, tokens.access_token);
      await beforeChange?.();
      // The stored token is of an earlier log-in, even if the storage rejected the new one.
      const earlier = sessionIn(await store.read(KEY));
      if (earlier) spent.add(earlier.refresh_token);
      const session = { user, ...withEnd(tokens) };
      current = session;
      // The user who logged in last owns the storage.
      await store.update(KEY, () => session);
      return user;
    },
    logOut: async () => {
      const token = current?.refresh_token;
      await forget();
      if (!token) return;
      await call<typeof logOut>('POST /users/logout', '', { refresh_token: token }).catch(() => {
        // The logout on this device succeeds in any case; at the service the session ends when its token expires.
      });
    },
    setUser: async (user) => {
      if (current?.user.id === user.id) await keep({ ...current, user });
    },
    call: asUser as Call,
    renew,
  };
};

export const notLoggedIn = (): ChatError =>
  new ChatError({ detail: 'Log in first.', status_code: 401, code: 'not_authenticated' });

/** The used subset of the Web Locks API. */
interface Locks {
  request(name: string, work: () => Promise<void>): Promise<void>;
}

/** A refresh token works once: two tabs should not use the same one at the same moment. */
const inOneTabAtATime = async (work: () => Promise<void>): Promise<void> => {
  // React Native and older browsers have no locks, and some pages may not use them.
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
  let began = false;
  try {
    if (locks)
      return await locks.request(KEY, () => {
        began = true;
        return work();
      });
  } catch (error) {
    if (began) throw error;
  }
  await work();
};

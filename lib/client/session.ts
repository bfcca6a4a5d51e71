import type { OwnProfile } from '../../functions/routes/schemas.ts';
import type { Tokens } from '../../functions/routes/users.ts';
import { ChatError, type ClientPlatform, type ClientStorage } from './chat-client.ts';
import type { Call } from './http.ts';

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
  /** When the access token in use runs out, in milliseconds since 1970. */
  readonly tokenExpiresAt: number;
  /** Takes up what the storage holds. */
  load(): Promise<OwnProfile | undefined>;
  logIn(username: string, password: string): Promise<OwnProfile>;
  /** Ends it here, and at the service when that can be reached. */
  logOut(): Promise<void>;
  /** Remembers a profile that has changed. */
  setUser(user: OwnProfile): Promise<void>;
  /** A request as the user; a token that runs out is renewed first. @throws ChatError, TypeError */
  request<Body>(method: string, path: string, body?: unknown): Promise<Body>;
  /** Renews the access token, unless that has happened since `stale` was taken. @throws ChatError, TypeError */
  renew(stale: string | undefined): Promise<void>;
}

const KEY = 'chat-service/session';

/** A token is renewed this long before it runs out: clocks differ, and requests take their time. */
const MARGIN_MS = 30_000;

/** Codes that say that no token of this session will be good again. */
const endings = new Set(['invalid_refresh_token', 'refresh_token_reused', 'session_revoked']);

/**
 * The tokens of one log-in.
 *
 * @param onEnd hears once that the service has ended the session
 */
export const createSession = (
  call: Call,
  storage: ClientStorage,
  platform: ClientPlatform,
  onEnd: (code: string) => void,
): Session => {
  let current: StoredSession | undefined;
  let renewing: Promise<void> | undefined;

  const keep = async (session: StoredSession): Promise<void> => {
    current = session;
    await storage.set(KEY, JSON.stringify(session));
  };

  const stored = async (): Promise<StoredSession | undefined> => {
    const text = await storage.get(KEY);
    return text === null ? undefined : (JSON.parse(text) as StoredSession);
  };

  const withTokens = (tokens: Tokens) => ({
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token,
    expires_at: platform.now() + tokens.expires_in * 1000,
  });

  const forget = async (): Promise<void> => {
    current = undefined;
    await storage.remove(KEY);
  };

  /** Takes over the tokens that another tab on the same storage has fetched since `used` was. */
  const adopt = async (used: StoredSession): Promise<StoredSession | undefined> => {
    const other = await stored();
    if (other === undefined || other.refresh_token === used.refresh_token) return undefined;
    current = other;
    return other;
  };

  const exchange = async (): Promise<void> => {
    const used = current;
    if (used === undefined) throw notLoggedIn();
    const adopted = await adopt(used);
    if (adopted !== undefined && adopted.expires_at - platform.now() > MARGIN_MS) return;
    const presented = adopted ?? used;
    try {
      const tokens = await call<Tokens>('POST', '/users/refresh', {
        body: { refresh_token: presented.refresh_token },
      });
      // Logged out while the answer was on its way.
      if (current === undefined) throw notLoggedIn();
      await keep({ user: presented.user, ...withTokens(tokens) });
    } catch (error) {
      if (!(error instanceof ChatError) || !endings.has(error.code)) throw error;
      if ((await adopt(presented)) !== undefined) return;
      await forget();
      onEnd(error.code);
      throw error;
    }
  };

  const renew = async (stale: string | undefined): Promise<void> => {
    if (stale !== undefined && current?.access_token !== stale) return;
    renewing ??= inOneTabAtATime(exchange).finally(() => {
      renewing = undefined;
    });
    await renewing;
  };

  const freshToken = async (): Promise<string> => {
    if (current === undefined) throw notLoggedIn();
    if (current.expires_at - platform.now() <= MARGIN_MS) await renew(current.access_token);
    return current.access_token;
  };

  return {
    get user() {
      return current?.user;
    },
    get tokenExpiresAt() {
      return current?.expires_at ?? 0;
    },
    load: async () => {
      current = await stored();
      return current?.user;
    },
    logIn: async (username, password) => {
      const tokens = await call<Tokens>('POST', '/users/login', { body: { username, password } });
      const user = await call<OwnProfile>('GET', '/users/me', { token: tokens.access_token });
      await keep({ user, ...withTokens(tokens) });
      return user;
    },
    logOut: async () => {
      const token = current?.refresh_token;
      await forget();
      if (token === undefined) return;
      try {
        await call('POST', '/users/logout', { body: { refresh_token: token } });
      } catch {
        // The token is forgotten here, and runs out there.
      }
    },
    setUser: async (user) => {
      if (current !== undefined) await keep({ ...current, user });
    },
    request: async <Body>(method: string, path: string, body?: unknown) => {
      const token = await freshToken();
      try {
        return await call<Body>(method, path, { token, body });
      } catch (error) {
        if (!(error instanceof ChatError) || error.status !== 401) throw error;
        // Earlier than this device's clock said, or by the service's will: the refresh token decides.
        await renew(token);
        return call<Body>(method, path, { token: await freshToken(), body });
      }
    },
    renew,
  };
};

const notLoggedIn = (): ChatError =>
  new ChatError({ detail: 'Log in first.', status_code: 401, code: 'not_authenticated' });

/** What is used of the Web Locks API. */
interface Locks {
  request(name: string, work: () => Promise<void>): Promise<void>;
}

/** A refresh token works once: two tabs with the same one must not present it in the same moment. */
const inOneTabAtATime = async (work: () => Promise<void>): Promise<void> => {
  // React Native and older browsers have no locks.
  const { navigator } = globalThis as { navigator?: { locks?: Locks } };
  await (navigator?.locks === undefined ? work() : navigator.locks.request(KEY, work));
};

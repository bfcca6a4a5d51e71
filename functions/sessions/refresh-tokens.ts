import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a refresh token says. Its text is `<user id>.<session id>.<generation>.<secret>.<mac>`: the MAC, by the session's
 * own key, covers everything before it. So a token that the session never issued is told from an old one of it without
 * storing the old ones. The secret is what the store cannot tell: it holds hashes only.
 */
export interface RefreshToken {
  readonly userId: number;
  readonly sessionId: string;
  /** 1 for the token of the log-in, then one more with each rotation. */
  readonly generation: number;
  readonly secret: string;
  /** What the MAC covers, as it was presented. */
  readonly signed: string;
  readonly mac: string;
}

/** A new key for the MACs of one session, in base64url. */
export const newTokenKey = (): string => randomBytes(32).toString('base64url');

const macOf = (signed: string, key: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest('base64url');

/** SHA-256 of a token's secret in base64url, as the store holds it. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** A new token of a session and the hash of its secret. */
export const newRefreshToken = (
  session: { readonly userId: number; readonly sessionId: string; readonly tokenKey: string },
  generation: number,
): { readonly token: string; readonly hash: string } => {
  const secret = randomBytes(32).toString('base64url');
  const signed = `${session.userId}.${session.sessionId}.${generation}.${secret}`;
  return { token: `${signed}.${macOf(signed, session.tokenKey)}`, hash: hashSecret(secret) };
};

const FORM = /^(([1-9]\d{0,15})\.([0-9a-f-]{36})\.([1-9]\d{0,15})\.([\w-]{43}))\.([\w-]{43})$/;

/** What a text says as a refresh token, true or not; undefined for what has another form. */
export const parseRefreshToken = (text: string): RefreshToken | undefined => {
  const [, signed, userId, sessionId, generation, secret, mac] = FORM.exec(text) ?? [];
  if (!signed || !sessionId || !secret || !mac) return undefined;
  return { userId: Number(userId), sessionId, generation: Number(generation), secret, signed, mac };
};

/**
 * Whether a session issued the token, now or at any time. Compared as text and in constant time: base64url has several
 * texts for the same bytes, and only the one that was issued is genuine.
 *
 * @param tokenKey the session's
 */
export const isGenuine = ({ signed, mac }: RefreshToken, tokenKey: string): boolean =>
  tokenKey !== '' && timingSafeEqual(Buffer.from(macOf(signed, tokenKey)), Buffer.from(mac));

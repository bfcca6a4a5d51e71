import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The parts of a refresh token, whose text is `<user id>.<session id>.<generation>.<secret>.<mac>`. The MAC, under
 * the session's own key, covers everything before it: it distinguishes an old token of the session from a forged one
 * without storing the old ones. The store holds only hashes of the secrets, so that somebody who reads it cannot use
 * them.
 */
export interface RefreshToken {
  readonly userId: number;
  readonly sessionId: string;
  /** 1 for the token issued at log-in; each rotation adds 1. */
  readonly generation: number;
  readonly secret: string;
  /** The text that the MAC covers, as the client sent it. */
  readonly signed: string;
  readonly mac: string;
}

/** Generates a key for the MACs of one session, in base64url. */
export const newTokenKey = (): string => randomBytes(32).toString('base64url');

const macOf = (signed: string, key: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest('base64url');

/** Hashes a token's secret for the store: SHA-256 in base64url. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Generates a token of a session. @returns its text, and the hash of its secret */
export const newRefreshToken = (
  session: { readonly userId: number; readonly sessionId: string; readonly tokenKey: string },
  generation: number,
): { readonly token: string; readonly hash: string } => {
  const secret = randomBytes(32).toString('base64url');
  const signed = `${session.userId}.${session.sessionId}.${generation}.${secret}`;
  return { token: `${signed}.${macOf(signed, session.tokenKey)}`, hash: hashSecret(secret) };
};

const FORM = /^(([1-9]\d{0,15})\.([0-9a-f-]{36})\.([1-9]\d{0,15})\.([\w-]{43}))\.([\w-]{43})$/;

/** Parses a refresh token without verifying it; undefined when the text has another format. */
export const parseRefreshToken = (text: string): RefreshToken | undefined => {
  const [, signed, userId, sessionId, generation, secret, mac] = FORM.exec(text) ?? [];
  if (!signed || !sessionId || !secret || !mac) return undefined;
  return { userId: Number(userId), sessionId, generation: Number(generation), secret, signed, mac };
};

/**
 * Whether the session issued the token, in any generation. The MACs are compared as text, since several base64url
 * texts decode to the same bytes, and in constant time.
 *
 * @param tokenKey the key of the session's MACs
 */
export const hasValidMac = ({ signed, mac }: RefreshToken, tokenKey: string): boolean =>
  tokenKey !== '' && timingSafeEqual(Buffer.from(macOf(signed, tokenKey)), Buffer.from(mac));

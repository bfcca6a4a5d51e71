/** The authenticated user of a request: the bearer of an access token. */
export interface Actor {
  readonly userId: number;
  readonly username: string;
  readonly sessionId: string;
  /** Seconds since 1970. */
  readonly tokenExpiresAt: number;
}

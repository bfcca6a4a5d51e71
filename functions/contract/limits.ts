import * as z from 'zod';

/**
 * The limits that a stage may override, with their defaults. A stage passes its own to the functions as JSON in
 * `LIMITS`, so that schemas, documents and rules use the same numbers.
 */
export const Limits = z.strictObject({
  group_members: z.int().min(2).max(100).default(100),
  message_characters: z.int().min(1).max(10_000).default(10_000),
  username_characters_min: z.int().min(1).default(3),
  username_characters: z.int().max(50).default(50),
  full_name_characters: z.int().max(100).default(100),
  group_name_characters: z.int().max(100).default(100),
  page_items: z.int().max(100).default(100),
  connections_per_user: z.int().min(1).max(100).default(10),
  access_token_seconds: z
    .int()
    .min(1)
    .default(30 * 60),
  refresh_token_seconds: z
    .int()
    .min(60)
    .default(30 * 24 * 60 * 60),
  request_body_bytes: z
    .int()
    .min(1024)
    .default(256 * 1024),
  /** Messages per user: the sustained rate per second, and the burst. */
  sends_per_second: z.number().positive().default(5),
  sends_burst: z.int().min(1).default(20),
  /** Frames per user other than messages, invalid frames included. */
  frames_per_second: z.number().positive().default(10),
  frames_burst: z.int().min(1).default(20),
  /** Changes per user over HTTP: messages, chats, members, read marks, the profile. */
  changes_per_second: z.number().positive().default(5),
  changes_burst: z.int().min(1).default(20),
  /** Searches per user for messages and for people, together. */
  searches_per_second: z.number().positive().default(2),
  searches_burst: z.int().min(1).default(10),
  tickets_per_second: z.number().positive().default(1),
  tickets_burst: z.int().min(1).default(10),
  /** Successful log-ins and token refreshes per user; each of the two has this limit for itself. */
  sessions_per_second: z.number().positive().default(1),
  sessions_burst: z.int().min(1).default(10),
  /** Connections that a user opens. */
  connects_per_second: z.number().positive().default(5),
  connects_burst: z.int().min(1).default(20),
  /** Chats per user, hidden direct chats included. Other users can fill at most three quarters of them. */
  chats_per_user: z.int().min(1).default(2000),
  /** Concurrent sessions per user; one more ends the oldest. */
  sessions_per_user: z.int().min(1).max(100).default(50),
  /**
   * Failed log-ins within `login_window_seconds`: to an account from one IP address, from one IP address, and to an
   * account from anywhere. The first is also how many wrong passwords one session may give.
   */
  login_failures_per_account_and_address: z.int().min(1).default(10),
  login_failures_per_address: z.int().min(1).default(50),
  login_failures_per_account: z.int().min(1).default(200),
  login_window_seconds: z
    .int()
    .min(1)
    .default(15 * 60),
  /**
   * Wrong six-digit codes of a second factor per account, after the right password and from any address: within an
   * hour, and within a day.
   */
  totp_failures_per_hour: z.int().min(1).default(20),
  totp_failures_per_day: z.int().min(1).default(60),
  /** Registrations from one IP address within an hour, and attempts whose user name or e-mail address was taken. */
  registrations_per_address: z.int().min(1).default(20),
  registration_failures_per_address: z.int().min(1).default(100),
  /**
   * Mails within an hour: how often a user may request another verification, and how often a password reset may be
   * requested for one e-mail address; how many mails go to one address in total.
   */
  mails_asked_per_hour: z.int().min(1).default(3),
  mails_per_recipient: z.int().min(1).default(10),
  /** Password resets requested from one IP address within an hour. */
  forgotten_passwords_per_address: z.int().min(1).default(60),
  /** How often a user may change the e-mail address within an hour. */
  email_changes_per_hour: z.int().min(1).default(10),
  /** Distinct emoji on one message. */
  reactions_per_message: z.int().min(1).max(100).default(20),
  /** Users whom one message mentions by id. */
  mentions_per_message: z.int().min(1).max(50).default(50),
  /** Pinned messages per chat. */
  pins_per_chat: z.int().min(1).max(100).default(50),
  /** Usable invitations per group. */
  invites_per_chat: z.int().min(1).max(1000).default(100),
  /** Bytes of one file, and of all files of a user. */
  file_bytes: z
    .int()
    .min(1)
    .default(25 * 1024 * 1024),
  storage_bytes_per_user: z
    .int()
    .min(1)
    .default(1024 * 1024 * 1024),
  attachments_per_message: z.int().min(1).max(10).default(10),
  /** Uploads that a user may begin within an hour. */
  uploads_per_hour: z.int().min(1).default(200),
  /** Users whom one user may block. */
  blocks_per_user: z.int().min(1).default(1000),
  /**
   * Reports that a user may make within a day; another report of something that the user has reported already does
   * not count.
   */
  reports_per_day: z.int().min(1).default(20),
  /** Days after which a resolved report and its contents are removed. */
  report_days: z.int().min(1).default(180),
  /** Devices per user that get push notifications; one more replaces the oldest. */
  devices_per_user: z.int().min(1).max(100).default(20),
  restore_days: z.int().min(1).default(30),
});
export type Limits = z.infer<typeof Limits>;

/** The limits of this stage. */
export const limits: Limits = Limits.parse(JSON.parse(process.env['LIMITS'] ?? '{}'));

/** bcrypt reads at most 72 bytes of a password, so a stage cannot change this limit. */
export const PASSWORD_BYTES_MAX = 72;
export const PASSWORD_CHARACTERS_MIN = 8;

export const PAGE_ITEMS_DEFAULT = 20;

/** Length of a message's excerpt in a reply, a notification or a report, in code points. */
export const EXCERPT_CHARACTERS = 200;

/**
 * How many users one step handles: looking up their connections, sending them an event, naming them in one SQL
 * statement. A larger group takes more steps, not more memory. One `BatchGetItem` of DynamoDB takes 100 keys.
 */
export const SLICE_USERS = 100;

/** API Gateway's frame size in bytes: a message in a larger event goes without its content. */
export const EVENT_BYTES_MAX = 32 * 1024;

/**
 * How long the refresh token that was rotated last is still accepted, unless one of its successors has been used: for
 * a client that lost the response, and for tabs that refresh concurrently.
 */
export const REFRESH_GRACE_SECONDS = 60;

/** How many successors of one refresh token are valid at once; more than the tabs that refresh concurrently. */
export const REFRESH_SUCCESSORS_MAX = 64;

/** Lifetime of a ticket for a handshake. */
export const TICKET_SECONDS = 60;

/** Clients hide a typing indicator after this time by themselves. */
export const TYPING_EXPIRES_MS = 12_000;

/**
 * Lease of a connection: it counts as live for this long after its last frame. API Gateway closes idle connections
 * after 10 min.
 */
export const LEASE_SECONDS = 11 * 60;

/** Chats that one `POST /sync` may name. */
export const SYNC_CHATS_MAX = 1000;
/** Chats that the response adds although the request did not name them. */
export const SYNC_JOINED_MAX = 100;
/** Chats whose members the response includes: with a hundred members each, as many as one function can read at once. */
export const SYNC_DETAILS_MAX = 50;
export const SYNC_MESSAGES = { default: 200, max: 500 } as const;

export const SEARCH_CHARACTERS_MIN = 2;

/**
 * Only this many latest matches of a search are counted and paged. The words of deleted messages are removed from the
 * index.
 */
export const SEARCH_MATCHES_MAX = 10_000;

import * as z from 'zod';

/**
 * The limits that a stage may set, with the contract's defaults. A stage hands its own to the functions as
 * JSON in `LIMITS`, so that schemas, documents and rules speak of the same numbers.
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
  /** Messages a second that a user may send all the time, and how many at once. */
  sends_per_second: z.number().positive().default(5),
  sends_burst: z.int().min(1).default(20),
  /** Frames other than messages, what is no frame of this interface included. */
  frames_per_second: z.number().positive().default(10),
  frames_burst: z.int().min(1).default(20),
  /** Changes over HTTP: messages, chats, members, read marks, the profile. */
  changes_per_second: z.number().positive().default(5),
  changes_burst: z.int().min(1).default(20),
  /** Searches for messages and for people, together. */
  searches_per_second: z.number().positive().default(2),
  searches_burst: z.int().min(1).default(10),
  tickets_per_second: z.number().positive().default(1),
  tickets_burst: z.int().min(1).default(10),
  /** Log-ins that succeed, and refreshes; each has the pace for itself. */
  sessions_per_second: z.number().positive().default(1),
  sessions_burst: z.int().min(1).default(10),
  /** Connections that a user opens. */
  connects_per_second: z.number().positive().default(5),
  connects_burst: z.int().min(1).default(20),
  /** Chats that a user is in, hidden direct chats included. Others put a user into no more than three quarters of them. */
  chats_per_user: z.int().min(1).default(2000),
  /** Log-ins of a user that are on at once; one more ends the oldest. */
  sessions_per_user: z.int().min(1).max(100).default(50),
  /**
   * Failed log-ins within `login_window_seconds`: to an account from one address, from one address, and to an account
   * from anywhere. The first is also how many wrong passwords one session may give.
   */
  login_failures_per_account_and_address: z.int().min(1).default(10),
  login_failures_per_address: z.int().min(1).default(50),
  login_failures_per_account: z.int().min(1).default(200),
  login_window_seconds: z
    .int()
    .min(1)
    .default(15 * 60),
  /**
   * Wrong six-digit codes of a second factor that an account takes from anywhere, after the right password: within an hour,
   * and within a day.
   */
  totp_failures_per_hour: z.int().min(1).default(20),
  totp_failures_per_day: z.int().min(1).default(60),
  /** Accounts made from one address within an hour, and tries that found a name or an e-mail address taken. */
  registrations_per_address: z.int().min(1).default(20),
  registration_failures_per_address: z.int().min(1).default(100),
  /**
   * Mails within an hour: how often a user may have a verification sent again, and a new password may be asked for by one
   * e-mail address; how many go to one address at all.
   */
  mails_asked_per_hour: z.int().min(1).default(3),
  mails_per_recipient: z.int().min(1).default(10),
  /** New passwords asked for from one IP address within an hour. */
  forgotten_passwords_per_address: z.int().min(1).default(60),
  /** How often a user may change the e-mail address within an hour. */
  email_changes_per_hour: z.int().min(1).default(10),
  /** Different emoji under one message. */
  reactions_per_message: z.int().min(1).max(100).default(20),
  /** People whom one message mentions by id. */
  mentions_per_message: z.int().min(1).max(50).default(50),
  /** Pinned messages of a chat. */
  pins_per_chat: z.int().min(1).max(100).default(50),
  /** Invitations of a group that can be used. */
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
  /** Files that a user may begin to upload within an hour. */
  uploads_per_hour: z.int().min(1).default(200),
  /** People whom a user may have blocked. */
  blocks_per_user: z.int().min(1).default(1000),
  /** Reports that a user may make within a day; what they reported before does not count. */
  reports_per_day: z.int().min(1).default(20),
  /** Days after which a resolved report is removed, with what was said in it. */
  report_days: z.int().min(1).default(180),
  /** Devices of a user that are pushed to; one more takes the place of the oldest. */
  devices_per_user: z.int().min(1).max(100).default(20),
  restore_days: z.int().min(1).default(30),
});
export type Limits = z.infer<typeof Limits>;

/** The limits of this stage. */
export const limits: Limits = Limits.parse(JSON.parse(process.env['LIMITS'] ?? '{}'));

/** bcrypt reads no more than 72 bytes of a password, so this is not for a stage to set. */
export const PASSWORD_BYTES_MAX = 72;
export const PASSWORD_CHARACTERS_MIN = 8;

export const PAGE_ITEMS_DEFAULT = 20;

/** Code points of a message that a reply to it, a notification or a report shows. */
export const EXCERPT_CHARACTERS = 200;

/**
 * Users whose connections are looked up, who are sent an event, and whom one SQL statement names, in one step. A larger
 * group takes more steps and no more memory. One `BatchGetItem` of DynamoDB takes 100 keys.
 */
export const SLICE_USERS = 100;

/** API Gateway's frame size: a message in a larger event goes without its content. */
export const EVENT_BYTES_MAX = 32 * 1024;

/**
 * A refresh token that was rotated away last is taken again for this long, until a successor of it is used: for a client
 * whose answer was lost, and for tabs that ask at once.
 */
export const REFRESH_GRACE_SECONDS = 60;

/** Successors of one refresh token that are good at once. Tabs that ask at once are fewer. */
export const REFRESH_SUCCESSORS_MAX = 64;

/** A ticket for a handshake is good for this long. */
export const TICKET_SECONDS = 60;

/** Clients end a typing indicator by themselves after this long. */
export const TYPING_EXPIRES_MS = 12_000;

/** A connection counts as live for this long after its last frame; API Gateway ends idle ones after 10 min. */
export const LEASE_SECONDS = 11 * 60;

/** Chats that one `POST /sync` may name. */
export const SYNC_CHATS_MAX = 1000;
/** Chats that its answer tells of unasked. */
export const SYNC_JOINED_MAX = 100;
/** Chats whose members its answer tells of: a hundred in each is what a function reads of people at once. */
export const SYNC_DETAILS_MAX = 50;
export const SYNC_MESSAGES = { default: 200, max: 500 } as const;

export const SEARCH_CHARACTERS_MIN = 2;

/** The latest so many matches of a search are counted and paged; words of deleted messages leave the index. */
export const SEARCH_MATCHES_MAX = 10_000;

import type { ColumnType, Generated } from 'kysely';

/** MySQL has no boolean: reads return 0 or 1, writes accept a boolean. */
type Flag = ColumnType<0 | 1, boolean | undefined, boolean>;

interface UserTable {
  id: Generated<number>;
  username: string;
  email: string;
  hashed_password: string;
  full_name: string | null;
  is_active: Flag;
  created_at: Date;
  last_seen: Date | null;
  /** When a deactivated account had left all of its groups; null until then, and for active accounts. */
  departed_at: ColumnType<Date | null, undefined, Date>;
  /** `attachment_id` of the user's avatar. */
  avatar_id: ColumnType<string | null, undefined, string | null>;
  /** Whether the owner of the mailbox has confirmed `email`. */
  email_verified: Flag;
  /**
   * The end of the account's suspension; null when it was never suspended. In the past once the suspension has ended.
   */
  suspended_until: ColumnType<Date | null, undefined, Date | null>;
}

/** Tokens sent by mail: the newest per user and purpose. */
interface AccountTokenTable {
  user_id: number;
  purpose: 'verification' | 'reset';
  /** SHA-256 in base64url. */
  token_hash: string;
  /** The address to which the token was sent. */
  email: string;
  expires_at: Date;
}

/** A user's second factor; effective once it is confirmed. */
interface SecondFactorTable {
  user_id: number;
  /** Encrypted. */
  secret: string;
  /** The time step (RFC 6238) of the last accepted code. */
  last_step: number;
  confirmed_at: Date | null;
}

/** Unused recovery codes. */
interface RecoveryCodeTable {
  user_id: number;
  code_hash: string;
}

interface ChatTable {
  id: Generated<number>;
  name: string | null;
  chat_type: 'direct' | 'group';
  /** `min:max` of the ids of a direct chat's two users, unique: at most one chat per pair. */
  direct_key: string | null;
  created_at: Date;
  updated_at: Date;
  is_active: Flag;
  last_seq: Generated<number>;
  rev: Generated<number>;
  /** The `rev` of the latest change to the chat's own fields, its members or their roles. */
  details_rev: Generated<number>;
  /** `attachment_id` of the group's avatar. */
  avatar_id: ColumnType<string | null, undefined, string | null>;
  description: string | null;
  /** Who may send to a group. */
  posting: Generated<'everyone' | 'admins'>;
  /** The minimum interval between two messages of a member; 0 for none. */
  slow_seconds: Generated<number>;
}

interface ChatParticipantTable {
  chat_id: number;
  user_id: number;
  joined_at: Date;
  is_admin: Flag;
  last_read_seq: Generated<number>;
  hidden_at_seq: number | null;
  /** The chat's last `seq` when the user joined. */
  joined_seq: Generated<number>;
  /** Which messages of the chat notify the user; `muted_until` is when notifications resume. */
  notify_level: Generated<'all' | 'mentions' | 'none'>;
  muted_until: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** The `rev` of the latest change to these two settings. */
  settings_rev: Generated<number>;
  /** Null, or contradicting `is_admin`, where code of the previous version wrote the row: `is_admin` is then right. */
  role: 'owner' | 'admin' | 'member' | null;
  /** When the user last sent to the chat; null when they have not since they joined. */
  last_sent_at: ColumnType<Date | null, undefined, Date>;
}

interface MessageMetadataTable {
  id: Generated<number>;
  chat_id: number;
  sender_id: number;
  /** `message_id` of the content's MongoDB document. */
  message_id: string;
  client_message_id: string | null;
  seq: number;
  rev: number;
  timestamp: Date;
  message_type: Generated<'text'>;
  is_edited: Flag;
  is_deleted: Flag;
  edited_at: Date | null;
  deleted_at: Date | null;
  edit_id: string | null;
  /** Whether `message_reactions` has rows of the message. */
  has_reactions: Flag;
  /** The row id of the message in the same chat that this one replies to. */
  reply_to_id: number | null;
  /** Whether `message_mentions` has rows of the message. */
  has_mentions: Flag;
  pinned_at: Date | null;
  /**
   * The user who pinned the message. Rows of users are never deleted, so there is no foreign key, which would need an
   * index of its own.
   */
  pinned_by: number | null;
  /** Whether `attachments` has rows of the message. */
  has_attachments: Flag;
  /** Whether a moderator has removed the message: it is then deleted for good. */
  is_removed: Flag;
}

/** A file that was uploaded, or for which an upload form exists. */
interface AttachmentTable {
  id: Generated<number>;
  /** The name of the file's objects. */
  attachment_id: string;
  uploader_id: number;
  purpose: 'message' | 'avatar';
  /** The message that contains the file, and the file's position in it; null while it is in none. */
  message_row_id: number | null;
  chat_id: number | null;
  position: number | null;
  kind: 'image' | 'video' | 'audio' | 'file';
  file_name: string;
  content_type: string;
  size: number;
  width: number | null;
  height: number | null;
  placeholder: string | null;
  /** `removed`: nobody can find the file, and its objects are being removed. */
  status: 'pending' | 'ready' | 'rejected' | 'blocked' | 'removed';
  /** Whether the file is the avatar of a user or a group at present. */
  is_avatar: Flag;
  created_at: Date;
}

/** The mentions of messages. */
interface MessageMentionTable {
  chat_id: number;
  /** 0 for everybody in the chat. */
  user_id: number;
  /** The `seq` of the message. */
  seq: number;
  message_row_id: number;
  /** From 1, in the sender's order. */
  position: number;
}

interface MessageReactionTable {
  message_row_id: number;
  emoji: string;
  user_id: number;
  chat_id: number;
  /** The `rev` of the first reaction with this emoji to the message; the same for all of its reactions. */
  first_rev: number;
  rev: number;
  created_at: Date;
}

/** The users who are banned from a group. */
interface ChatBanTable {
  chat_id: number;
  user_id: number;
  banned_by: number;
  reason: string | null;
  /** When the ban ends; null for never. */
  until: Date | null;
  created_at: Date;
}

/** A link by which people join a group. */
interface ChatInviteTable {
  id: Generated<number>;
  code: string;
  chat_id: number;
  created_by: number;
  /** Null for any number of uses. */
  max_uses: number | null;
  uses: Generated<number>;
  expires_at: Date;
  created_at: Date;
}

/** The blocks between users. */
interface UserBlockTable {
  user_id: number;
  blocked_id: number;
  created_at: Date;
}

/** The search index of users: each name once from the start of each of its words, folded. */
interface UserNamePartTable {
  is_start: ColumnType<0 | 1, boolean, boolean>;
  part: string;
  user_id: number;
}

/** A report, with a snapshot of its subject. */
interface ReportTable {
  id: Generated<number>;
  reporter_id: number;
  /** The kind and the id of the subject, such as `message:7`. */
  target: string;
  /** The reported message. */
  message_row_id: number | null;
  /** The reported chat, or the reported message's chat. */
  chat_id: number | null;
  /** The reported user, or the sender of the reported message. */
  user_id: number | null;
  reason: 'spam' | 'harassment' | 'illegal' | 'other';
  comment: string | null;
  /** The text of the message; null for other reports, and when it was purged before the report. */
  content: string | null;
  /** The rest of the snapshot, as JSON. */
  snapshot: string;
  status: Generated<'open' | 'resolved'>;
  created_at: Date;
  resolved_at: Date | null;
}

/** The actions of moderators: an append-only table. */
interface ModerationActTable {
  id: Generated<number>;
  moderator_id: number;
  action: 'dismiss' | 'delete_message' | 'suspend_user' | 'lift_suspension' | 'view_report';
  /** The report that the action resolved or read; null for an action without a report. */
  report_id: number | null;
  /** The user who was suspended, or whose suspension was lifted. */
  user_id: number | null;
  /** The removed message. */
  message_row_id: number | null;
  until: Date | null;
  note: string | null;
  created_at: Date;
}

/** A device registered for push. */
interface DeviceTable {
  id: Generated<number>;
  user_id: number;
  /** The session that registered the device; the device gets pushes only as long as this session lasts. */
  session_id: string;
  kind: 'web_push' | 'fcm';
  /** SHA-256 of `token`, in hexadecimal. */
  token_hash: string;
  /** The endpoint of Web Push, or the FCM registration token. */
  token: string;
  /** The keys of a Web Push subscription in base64url. */
  p256dh: string | null;
  auth: string | null;
  name: string | null;
  created_at: Date;
}

/** A user's notification settings for all chats. */
interface NotificationSettingTable {
  user_id: number;
  preview: ColumnType<0 | 1, boolean, boolean>;
  /** `HH:MM` in `time_zone`. Either all three columns are null, or none is. */
  quiet_from: string | null;
  quiet_to: string | null;
  time_zone: string | null;
}

/** The progress of dispatching pushes in a chat. */
interface ChatDispatchTable {
  chat_id: number;
  /** All messages up to this `seq` have been decided on. */
  seq: number;
}

interface JobProgressTable {
  job: string;
  done_until: Date;
}

/** The tables of MySQL, as `migrations/` creates them. */
export interface Database {
  users: UserTable;
  account_tokens: AccountTokenTable;
  second_factors: SecondFactorTable;
  recovery_codes: RecoveryCodeTable;
  chats: ChatTable;
  chat_participants: ChatParticipantTable;
  message_metadata: MessageMetadataTable;
  message_reactions: MessageReactionTable;
  message_mentions: MessageMentionTable;
  attachments: AttachmentTable;
  chat_bans: ChatBanTable;
  chat_invites: ChatInviteTable;
  user_blocks: UserBlockTable;
  user_name_parts: UserNamePartTable;
  reports: ReportTable;
  moderation_acts: ModerationActTable;
  devices: DeviceTable;
  notification_settings: NotificationSettingTable;
  chat_dispatch: ChatDispatchTable;
  job_progress: JobProgressTable;
}

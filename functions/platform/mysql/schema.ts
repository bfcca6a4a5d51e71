import type { ColumnType, Generated } from 'kysely';

/** MySQL has no boolean: 0 or 1 comes out, a boolean may go in. */
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
  /** When a deactivated account had left all of its groups; null while it has not, and for active ones. */
  departed_at: ColumnType<Date | null, undefined, Date>;
}

interface ChatTable {
  id: Generated<number>;
  name: string | null;
  chat_type: 'direct' | 'group';
  /** `min:max` of a direct chat's two users: at most one chat a pair. */
  direct_key: string | null;
  created_at: Date;
  updated_at: Date;
  is_active: Flag;
  last_seq: Generated<number>;
  rev: Generated<number>;
  /** The `rev` of the latest change of the chat's own fields or of who is in it and as what. */
  details_rev: Generated<number>;
}

interface ChatParticipantTable {
  chat_id: number;
  user_id: number;
  joined_at: Date;
  is_admin: Flag;
  last_read_seq: Generated<number>;
  hidden_at_seq: number | null;
}

interface MessageMetadataTable {
  id: Generated<number>;
  chat_id: number;
  sender_id: number;
  /** The MongoDB document's `message_id`. */
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
}

/** A user's names from each of their words on, folded: what a search for people asks. */
interface UserNamePartTable {
  is_start: ColumnType<0 | 1, boolean, boolean>;
  part: string;
  user_id: number;
}

interface JobProgressTable {
  job: string;
  done_until: Date;
}

/** The tables of MySQL, as `migrations/` makes them. */
export interface Database {
  users: UserTable;
  chats: ChatTable;
  chat_participants: ChatParticipantTable;
  message_metadata: MessageMetadataTable;
  user_name_parts: UserNamePartTable;
  job_progress: JobProgressTable;
}

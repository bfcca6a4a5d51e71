import type { Message } from '../../functions/contract/schemas.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';

/** The fields of a message without edits, reactions, files, mentions and pins. */
export const untouched = (): Pick<
  Message,
  | 'edited_at'
  | 'is_edited'
  | 'is_deleted'
  | 'client_message_id'
  | 'reply_to'
  | 'mentions'
  | 'mention_all'
  | 'pinned_at'
  | 'pinned_by'
  | 'attachments'
  | 'reactions'
> => ({
  edited_at: null,
  is_edited: false,
  is_deleted: false,
  client_message_id: null,
  reply_to: null,
  mentions: [],
  mention_all: false,
  pinned_at: null,
  pinned_by: null,
  attachments: [],
  reactions: [],
});

/** MySQL's row of a message without edits, reactions, files, mentions and pins. */
export const metadataOf = (
  fields: Partial<MessageMetadata> &
    Pick<MessageMetadata, 'id' | 'message_id' | 'chat_id' | 'seq' | 'timestamp'>,
): MessageMetadata => ({
  rev: fields.seq,
  sender_id: 7,
  sender_username: 'ada',
  message_type: 'text',
  edited_at: null,
  is_edited: false,
  is_deleted: false,
  client_message_id: null,
  edit_id: null,
  has_reactions: false,
  has_attachments: false,
  reply_target: null,
  mentions: [],
  mention_all: false,
  pinned_at: null,
  pinned_by: null,
  ...fields,
});

import type * as z from 'zod';
import type {
  addParticipants,
  banUser,
  createChat,
  listBans,
  listChats,
  listParticipants,
  updateChat,
} from '../../functions/chats/contract.ts';
import type { errorCatalogue } from '../../functions/contract/errors.ts';
import type { PublicProfile } from '../../functions/contract/schemas.ts';
import type { createInvite, listInvites } from '../../functions/invites/contract.ts';
import type { createAttachment, listChatAttachments } from '../../functions/files/contract.ts';
import type { listMentions } from '../../functions/mentions/contract.ts';
import type { listMessages } from '../../functions/messages/contract.ts';
import type {
  createReport,
  listReports,
  resolveReport,
  suspendUser,
} from '../../functions/moderation/contract.ts';
import type { listBlocks } from '../../functions/blocks/contract.ts';
import type {
  listDevices,
  registerDevice,
  setChatNotifications,
  setNotificationSettings,
} from '../../functions/notifications/contract.ts';
import type { listPins } from '../../functions/pins/contract.ts';
import type { listReactions } from '../../functions/reactions/contract.ts';
import type { listSessions } from '../../functions/sessions/contract.ts';
import type { searchMessages } from '../../functions/search/contract.ts';
import type { sync } from '../../functions/sync/contract.ts';
import type { registerUser, updateOwnProfile } from '../../functions/users/contract.ts';
import type { BodyOf, QueryOf } from './contract.ts';

/*
 * The contract's types that the client exposes, by name. `package/contract-types.ts` generates the same types without
 * zod for the package; a test checks that both are equal.
 */

export type {
  Attachment,
  Chat,
  ChatDetail,
  ErrorBody,
  Message,
  Page,
  Participant,
  PublicProfile,
  Quote,
  Reaction,
} from '../../functions/contract/schemas.ts';
export type { Ban } from '../../functions/chats/contract.ts';
export type { Invite, InvitePreview } from '../../functions/invites/contract.ts';
export type { AttachmentUpload, ChatAttachment } from '../../functions/files/contract.ts';
export type { EventMessage } from '../../functions/messages/events.ts';
export type { MessageCursorPage } from '../../functions/messages/contract.ts';
export type { OnlineUsers } from '../../functions/presence/contract.ts';
export type { MessageReactions, UserReaction } from '../../functions/reactions/contract.ts';
export type { ReadMark } from '../../functions/reading/contract.ts';
export type { TotpSecret } from '../../functions/second-factor/contract.ts';
export type { UserSession } from '../../functions/sessions/contract.ts';
export type { SyncAnswer } from '../../functions/sync/contract.ts';
export type { Report, ReportDetail, ReportReceipt } from '../../functions/moderation/contract.ts';
export type { Info } from '../../functions/system/contract.ts';
export type { Device, NotificationSettings, Unread } from '../../functions/notifications/contract.ts';
export type { ServerFrame } from './contract.ts';
export type { OwnProfile } from '../../functions/users/contract.ts';

/** The public properties of a user. */
export type Profile = PublicProfile;

type Catalogue = typeof errorCatalogue;

/** The error codes that this version of the client knows; the last four arise in the client itself. */
export type ErrorCode =
  | { [Name in keyof Catalogue]: Catalogue[Name] extends { code: infer Code } ? Code : Name }[keyof Catalogue]
  | 'unexpected_answer'
  | 'no_websocket'
  | 'file_missing'
  | 'upload_refused';

export type RegisterBody = BodyOf<typeof registerUser>;
export type UpdateProfileBody = BodyOf<typeof updateOwnProfile>;
export type CreateChatBody = BodyOf<typeof createChat>;
export type AddParticipantsBody = BodyOf<typeof addParticipants>;
export type UpdateChatBody = BodyOf<typeof updateChat>;
export type BanBody = BodyOf<typeof banUser>;
export type CreateInviteBody = BodyOf<typeof createInvite>;
export type CreateAttachmentBody = BodyOf<typeof createAttachment>;
export type SyncBody = BodyOf<typeof sync>;
export type CreateReportBody = BodyOf<typeof createReport>;
export type ResolveReportBody = BodyOf<typeof resolveReport>;
export type SuspendUserBody = BodyOf<typeof suspendUser>;
export type RegisterDeviceBody = BodyOf<typeof registerDevice>;
export type ChatNotificationsBody = BodyOf<typeof setChatNotifications>;
export type NotificationSettingsBody = BodyOf<typeof setNotificationSettings>;

/** What a user is notified of in a chat. */
export type ChatNotificationsAnswer = z.output<(typeof setChatNotifications)['responses'][200]['body']>;

export type ListBlocksQuery = QueryOf<typeof listBlocks>;
export type ListDevicesQuery = QueryOf<typeof listDevices>;
export type ListReportsQuery = QueryOf<typeof listReports>;

export type ListSessionsQuery = QueryOf<typeof listSessions>;
export type ListBansQuery = QueryOf<typeof listBans>;
export type ListInvitesQuery = QueryOf<typeof listInvites>;
export type ListChatsQuery = QueryOf<typeof listChats>;
export type ListChatAttachmentsQuery = QueryOf<typeof listChatAttachments>;
export type ListMentionsQuery = QueryOf<typeof listMentions>;
export type ListParticipantsQuery = QueryOf<typeof listParticipants>;
export type ListPinsQuery = QueryOf<typeof listPins>;
export type ListReactionsQuery = QueryOf<typeof listReactions>;
export type HistoryQuery = QueryOf<typeof listMessages>;
export type SearchMessagesQuery = QueryOf<typeof searchMessages>;

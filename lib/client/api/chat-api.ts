import type { SendOptions } from '../chat-client.ts';
import type {
  AddParticipantsBody,
  Attachment,
  AttachmentUpload,
  Ban,
  BanBody,
  Chat,
  ChatAttachment,
  ChatDetail,
  CreateAttachmentBody,
  ChatNotificationsAnswer,
  ChatNotificationsBody,
  CreateChatBody,
  CreateInviteBody,
  CreateReportBody,
  Device,
  HistoryQuery,
  Invite,
  InvitePreview,
  ListBansQuery,
  Info,
  ListBlocksQuery,
  ListChatAttachmentsQuery,
  ListChatsQuery,
  ListInvitesQuery,
  ListDevicesQuery,
  ListMentionsQuery,
  ListParticipantsQuery,
  ListPinsQuery,
  ListReactionsQuery,
  ListSessionsQuery,
  ListReportsQuery,
  Message,
  MessageCursorPage,
  MessageReactions,
  NotificationSettings,
  NotificationSettingsBody,
  OnlineUsers,
  OwnProfile,
  Page,
  Participant,
  PublicProfile,
  ReadMark,
  RegisterDeviceBody,
  Report,
  ReportDetail,
  ReportReceipt,
  ResolveReportBody,
  SearchMessagesQuery,
  SuspendUserBody,
  SyncAnswer,
  SyncBody,
  TotpSecret,
  UpdateChatBody,
  Unread,
  UpdateProfileBody,
  UserReaction,
  UserSession,
} from '../types.ts';

/**
 * The HTTP API as one user, one method per route. Each method renews the access token when necessary. Chats in
 * responses that are newer than the last `chat` event cause another one.
 *
 * @throws ChatError for a status of 400 or above
 * @throws TypeError when the service cannot be reached, also when something else (a captive portal) responds in its
 *   place
 */
export interface ChatApi {
  /** Confirms an e-mail address by the token from a mail; requires no log-in. */
  verifyEmail(token: string): Promise<void>;
  /** Requests a mail by which a new password can be set, if a user has the address; requires no log-in. */
  forgotPassword(email: string): Promise<void>;
  /** Sets a new password by the token from a mail, and ends all sessions of that user; requires no log-in. */
  resetPassword(token: string, newPassword: string): Promise<void>;
  getOwnProfile(): Promise<OwnProfile>;
  updateOwnProfile(body: UpdateProfileBody): Promise<OwnProfile>;
  /** Makes a file the user's avatar; it must have been uploaded with the purpose `avatar`. */
  setAvatar(attachmentId: string): Promise<OwnProfile>;
  removeAvatar(): Promise<void>;
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  deleteAccount(password: string): Promise<void>;
  /** Requests another mail to confirm the e-mail address. */
  requestVerification(): Promise<void>;
  startTotp(password: string): Promise<TotpSecret>;
  /** @returns the recovery codes, which are returned only once */
  confirmTotp(code: string): Promise<string[]>;
  /** @param code a code of the second factor, or a recovery code */
  stopTotp(password: string, code: string): Promise<void>;
  listSessions(page?: ListSessionsQuery): Promise<Page<UserSession>>;
  endSession(id: string): Promise<void>;
  searchUsers(q: string, limit?: number): Promise<PublicProfile[]>;
  getProfile(userId: number): Promise<PublicProfile>;

  createChat(body: CreateChatBody): Promise<ChatDetail>;
  listChats(page?: ListChatsQuery): Promise<Page<Chat>>;
  getChat(chatId: number): Promise<ChatDetail>;
  /** Fields that are left out stay unchanged. */
  updateChat(chatId: number, body: UpdateChatBody): Promise<ChatDetail>;
  renameChat(chatId: number, name: string): Promise<ChatDetail>;
  /** Makes a file the avatar of a group; null removes the avatar. */
  setChatAvatar(chatId: number, attachmentId: string | null): Promise<ChatDetail>;
  leaveGroup(chatId: number): Promise<void>;
  listParticipants(chatId: number, page?: ListParticipantsQuery): Promise<Page<Participant>>;
  addParticipants(chatId: number, userIds: AddParticipantsBody['user_ids']): Promise<ChatDetail>;
  removeParticipant(chatId: number, userId: number): Promise<void>;
  /** @param role `owner` hands over the group, which only the owner may do */
  setRole(chatId: number, userId: number, role: Participant['role']): Promise<Participant>;
  setAdmin(chatId: number, userId: number, isAdmin: boolean): Promise<Participant>;
  banUser(chatId: number, userId: number, body?: BanBody): Promise<void>;
  unbanUser(chatId: number, userId: number): Promise<void>;
  /** Latest ban first. */
  listBans(chatId: number, page?: ListBansQuery): Promise<Page<Ban>>;
  createInvite(chatId: number, body?: CreateInviteBody): Promise<Invite>;
  /** The usable invitations, latest first. */
  listInvites(chatId: number, page?: ListInvitesQuery): Promise<Page<Invite>>;
  revokeInvite(code: string): Promise<void>;
  previewInvite(code: string): Promise<InvitePreview>;
  acceptInvite(code: string): Promise<ChatDetail>;
  markRead(chatId: number, seq: number): Promise<ReadMark>;
  listOnline(chatId: number): Promise<OnlineUsers>;

  /** Newest first with `before_seq` or without a cursor, oldest first with `after_seq`. */
  listMessages(chatId: number, cursor?: Omit<HistoryQuery, 'page'>): Promise<MessageCursorPage>;
  getMessage(id: number): Promise<Message>;
  /** @param mentions the new mentions; fields that are left out stay unchanged */
  editMessage(id: number, content: string, mentions?: Omit<SendOptions, 'reply_to_id'>): Promise<Message>;
  deleteMessage(id: number): Promise<void>;
  restoreMessage(id: number): Promise<Message>;
  searchMessages(query: SearchMessagesQuery): Promise<Page<Message>>;
  /** @param emoji exactly one */
  addReaction(messageId: number, emoji: string): Promise<MessageReactions>;
  removeReaction(messageId: number, emoji: string): Promise<void>;
  /** The users who reacted, oldest reaction first. */
  listReactions(messageId: number, query?: ListReactionsQuery): Promise<Page<UserReaction>>;
  /** Messages of others that mention the user or everybody, newest first. */
  listMentions(query?: ListMentionsQuery): Promise<Page<Message>>;
  /** Allowed for admins of a group, and for both participants of a direct chat. */
  pin(messageId: number): Promise<Message>;
  unpin(messageId: number): Promise<void>;
  /** Latest pin first. */
  listPins(chatId: number, page?: ListPinsQuery): Promise<Page<Message>>;
  /** Begins an upload. `upload` of `chat-service/files` does this together with all further steps. */
  createAttachment(body: CreateAttachmentBody): Promise<AttachmentUpload>;
  /** Tells the service that the file has been uploaded. Idempotent. */
  completeAttachment(id: string): Promise<Attachment>;
  /** A file with working URLs; the user must have uploaded it or see its message. */
  getAttachment(id: string): Promise<Attachment>;
  /** Deletes a file that is in no message. */
  deleteAttachment(id: string): Promise<void>;
  /** Newest first. */
  listAttachments(chatId: number, query?: ListChatAttachmentsQuery): Promise<Page<ChatAttachment>>;
  sync(body: SyncBody): Promise<SyncAnswer>;

  /** Describes the service, including the public key for push subscriptions; requires no log-in. */
  getInfo(): Promise<Info>;
  /** Registers a device for push until the session ends. */
  registerDevice(body: RegisterDeviceBody): Promise<Device>;
  /** Newest first. */
  listDevices(page?: ListDevicesQuery): Promise<Page<Device>>;
  removeDevice(id: number): Promise<void>;
  /** Fields that are left out stay unchanged. */
  setChatNotifications(chatId: number, body: ChatNotificationsBody): Promise<ChatNotificationsAnswer>;
  getNotificationSettings(): Promise<NotificationSettings>;
  setNotificationSettings(body: NotificationSettingsBody): Promise<NotificationSettings>;
  /** The sum over all chats that are not muted. */
  getUnread(): Promise<Unread>;

  /** Blocks a user; `isBlocked` reflects it at once. */
  block(userId: number): Promise<void>;
  unblock(userId: number): Promise<void>;
  /** Latest block first. */
  listBlocks(page?: ListBlocksQuery): Promise<Page<PublicProfile>>;
  /** Reports a message, a user or a chat to the moderators. */
  report(body: CreateReportBody): Promise<ReportReceipt>;
  /** Newest first. This method and the following ones are for moderators. */
  listReports(query?: ListReportsQuery): Promise<Page<Report>>;
  getReport(id: number): Promise<ReportDetail>;
  resolveReport(id: number, body: ResolveReportBody): Promise<Report>;
  suspend(userId: number, body: SuspendUserBody): Promise<void>;
  liftSuspension(userId: number): Promise<void>;
}

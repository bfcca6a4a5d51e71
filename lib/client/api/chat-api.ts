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
 * The HTTP API as one user, one method a route. Each renews the access token when it must. Chats in the answers are told
 * as `chat` events too, where they are newer than what was told.
 *
 * @throws ChatError from 400 up
 * @throws TypeError when the service cannot be reached, also when something else answers in its place
 */
export interface ChatApi {
  /** Confirms an e-mail address by the token of a message; nobody has to be logged in. */
  verifyEmail(token: string): Promise<void>;
  /** Has a message sent by which a new password can be set, if somebody has the address; nobody has to be logged in. */
  forgotPassword(email: string): Promise<void>;
  /** Sets a new password by the token of a message, and ends all sessions of that user; nobody has to be logged in. */
  resetPassword(token: string, newPassword: string): Promise<void>;
  getOwnProfile(): Promise<OwnProfile>;
  updateOwnProfile(body: UpdateProfileBody): Promise<OwnProfile>;
  /** Makes a file the picture of the user: one that was uploaded for the purpose `avatar`. */
  setAvatar(attachmentId: string): Promise<OwnProfile>;
  removeAvatar(): Promise<void>;
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  deleteAccount(password: string): Promise<void>;
  /** Has the message sent again that confirms the e-mail address. */
  requestVerification(): Promise<void>;
  startTotp(password: string): Promise<TotpSecret>;
  /** @returns the recovery codes, which are shown once */
  confirmTotp(code: string): Promise<string[]>;
  /** @param code or a recovery code */
  stopTotp(password: string, code: string): Promise<void>;
  listSessions(page?: ListSessionsQuery): Promise<Page<UserSession>>;
  endSession(id: string): Promise<void>;
  searchUsers(q: string, limit?: number): Promise<PublicProfile[]>;
  getProfile(userId: number): Promise<PublicProfile>;

  createChat(body: CreateChatBody): Promise<ChatDetail>;
  listChats(page?: ListChatsQuery): Promise<Page<Chat>>;
  getChat(chatId: number): Promise<ChatDetail>;
  /** What is left out stays as it is. */
  updateChat(chatId: number, body: UpdateChatBody): Promise<ChatDetail>;
  renameChat(chatId: number, name: string): Promise<ChatDetail>;
  /** Makes a file the picture of a group; null removes the picture. */
  setChatAvatar(chatId: number, attachmentId: string | null): Promise<ChatDetail>;
  leaveGroup(chatId: number): Promise<void>;
  listParticipants(chatId: number, page?: ListParticipantsQuery): Promise<Page<Participant>>;
  addParticipants(chatId: number, userIds: AddParticipantsBody['user_ids']): Promise<ChatDetail>;
  removeParticipant(chatId: number, userId: number): Promise<void>;
  /** @param role `owner` hands over, for which the user has to be the owner */
  setRole(chatId: number, userId: number, role: Participant['role']): Promise<Participant>;
  setAdmin(chatId: number, userId: number, isAdmin: boolean): Promise<Participant>;
  banUser(chatId: number, userId: number, body?: BanBody): Promise<void>;
  unbanUser(chatId: number, userId: number): Promise<void>;
  /** Latest ban first. */
  listBans(chatId: number, page?: ListBansQuery): Promise<Page<Ban>>;
  createInvite(chatId: number, body?: CreateInviteBody): Promise<Invite>;
  /** Those that can be used, latest first. */
  listInvites(chatId: number, page?: ListInvitesQuery): Promise<Page<Invite>>;
  revokeInvite(code: string): Promise<void>;
  previewInvite(code: string): Promise<InvitePreview>;
  acceptInvite(code: string): Promise<ChatDetail>;
  markRead(chatId: number, seq: number): Promise<ReadMark>;
  listOnline(chatId: number): Promise<OnlineUsers>;

  /** Newest first with `before_seq` or without a cursor, oldest first with `after_seq`. */
  listMessages(chatId: number, cursor?: Omit<HistoryQuery, 'page'>): Promise<MessageCursorPage>;
  getMessage(id: number): Promise<Message>;
  /** @param mentions whom it mentions from now on; what is left out stays as it was */
  editMessage(id: number, content: string, mentions?: Omit<SendOptions, 'reply_to_id'>): Promise<Message>;
  deleteMessage(id: number): Promise<void>;
  restoreMessage(id: number): Promise<Message>;
  searchMessages(query: SearchMessagesQuery): Promise<Page<Message>>;
  /** @param emoji exactly one */
  addReaction(messageId: number, emoji: string): Promise<MessageReactions>;
  removeReaction(messageId: number, emoji: string): Promise<void>;
  /** Who reacted, oldest reaction first. */
  listReactions(messageId: number, query?: ListReactionsQuery): Promise<Page<UserReaction>>;
  /** Messages of others that mention the user or everybody, newest first. */
  listMentions(query?: ListMentionsQuery): Promise<Page<Message>>;
  /** Group admins may, and either side of a direct chat. */
  pin(messageId: number): Promise<Message>;
  unpin(messageId: number): Promise<void>;
  /** Latest pin first. */
  listPins(chatId: number, page?: ListPinsQuery): Promise<Page<Message>>;
  /** Begins an upload: `upload` of `chat-service/files` does it with all that follows. */
  createAttachment(body: CreateAttachmentBody): Promise<AttachmentUpload>;
  /** The file has been uploaded. May be repeated. */
  completeAttachment(id: string): Promise<Attachment>;
  /** With URLs that work, of a file that the user uploaded or whose message they see. */
  getAttachment(id: string): Promise<Attachment>;
  /** Of a file that is in no message. */
  deleteAttachment(id: string): Promise<void>;
  /** Newest first. */
  listAttachments(chatId: number, query?: ListChatAttachmentsQuery): Promise<Page<ChatAttachment>>;
  sync(body: SyncBody): Promise<SyncAnswer>;

  /** What the service is: among others the key to subscribe to its pushes with. Nobody has to be logged in. */
  getInfo(): Promise<Info>;
  /** Has a device pushed to until the session ends. */
  registerDevice(body: RegisterDeviceBody): Promise<Device>;
  /** Newest first. */
  listDevices(page?: ListDevicesQuery): Promise<Page<Device>>;
  removeDevice(id: number): Promise<void>;
  /** What is left out stays as it was. */
  setChatNotifications(chatId: number, body: ChatNotificationsBody): Promise<ChatNotificationsAnswer>;
  getNotificationSettings(): Promise<NotificationSettings>;
  setNotificationSettings(body: NotificationSettingsBody): Promise<NotificationSettings>;
  /** Of all chats that are not muted. */
  getUnread(): Promise<Unread>;

  /** `isBlocked` knows of it at once. */
  block(userId: number): Promise<void>;
  unblock(userId: number): Promise<void>;
  /** Latest block first. */
  listBlocks(page?: ListBlocksQuery): Promise<Page<PublicProfile>>;
  /** To the moderators: a message, a user or a chat. */
  report(body: CreateReportBody): Promise<ReportReceipt>;
  /** For moderators, as what follows: newest first. */
  listReports(query?: ListReportsQuery): Promise<Page<Report>>;
  getReport(id: number): Promise<ReportDetail>;
  resolveReport(id: number, body: ResolveReportBody): Promise<Report>;
  suspend(userId: number, body: SuspendUserBody): Promise<void>;
  liftSuspension(userId: number): Promise<void>;
}

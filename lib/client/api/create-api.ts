import type {
  addParticipants,
  banUser,
  createChat,
  getChat,
  leaveGroup,
  listBans,
  listChats,
  listParticipants,
  removeParticipant,
  unbanUser,
  updateChat,
  updateParticipant,
} from '../../../functions/chats/contract.ts';
import type {
  forgotPassword,
  requestVerification,
  resetPassword,
  verifyEmail,
} from '../../../functions/email/contract.ts';
import type { confirmTotp, startTotp, stopTotp } from '../../../functions/second-factor/contract.ts';
import type { endSession, listSessions } from '../../../functions/sessions/contract.ts';
import type { Participant } from '../../../functions/contract/schemas.ts';
import type { listChatAttachments } from '../../../functions/files/contract.ts';
import type {
  acceptInvite,
  createInvite,
  listInvites,
  previewInvite,
  revokeInvite,
} from '../../../functions/invites/contract.ts';
import type { listMentions } from '../../../functions/mentions/contract.ts';
import type {
  deleteMessage,
  editMessage,
  getMessage,
  listMessages,
  MessageCursorPage,
  restoreMessage,
} from '../../../functions/messages/contract.ts';
import type { blockUser, listBlocks, unblockUser } from '../../../functions/blocks/contract.ts';
import type {
  createReport,
  getReport,
  liftSuspension,
  listReports,
  resolveReport,
  suspendUser,
} from '../../../functions/moderation/contract.ts';
import type {
  getNotificationSettings,
  getUnread,
  listDevices,
  registerDevice,
  removeDevice,
  setChatNotifications,
  setNotificationSettings,
} from '../../../functions/notifications/contract.ts';
import type { listOnline } from '../../../functions/presence/contract.ts';
import type { listPins, pinMessage, unpinMessage } from '../../../functions/pins/contract.ts';
import type { addReaction, listReactions, removeReaction } from '../../../functions/reactions/contract.ts';
import type { markRead } from '../../../functions/reading/contract.ts';
import type { searchMessages } from '../../../functions/search/contract.ts';
import type { getInfo } from '../../../functions/system/contract.ts';
import type { sync } from '../../../functions/sync/contract.ts';
import type {
  changePassword,
  deleteAccount,
  getOwnProfile,
  getProfile,
  removeAvatar,
  searchUsers,
  setAvatar,
  updateOwnProfile,
} from '../../../functions/users/contract.ts';
import type { ChatClient } from '../chat-client.ts';
import type { BodyOf, Call } from '../contract.ts';
import { createAttachmentCalls } from './attachment-calls.ts';
import type { ChatApi } from './chat-api.ts';

/** The `before_seq` that stands for the end of a chat, where a history without a cursor starts. */
const NEWEST = 999_999_999_999_999;

/**
 * The HTTP API as functions, each bound to the definition of its route. The result is stateless, since the client
 * itself processes the responses; an application may create as many as it likes.
 *
 * @param client the client as whose user the functions call the service
 */
export const createApi = (client: Pick<ChatClient, 'call'>): ChatApi => {
  const call = client.call as Call<[asNobody?: boolean]>;
  const changeChat: ChatApi['updateChat'] = (chatId, body) =>
    call<typeof updateChat>(`PUT /chats/${chatId}`, 'chat_type', body);
  const changeParticipant = (
    chatId: number,
    userId: number,
    body: BodyOf<typeof updateParticipant>,
  ): Promise<Participant> =>
    call<typeof updateParticipant>(`PUT /chats/${chatId}/participants/${userId}`, 'username', body);
  const readProfile: ChatApi['getOwnProfile'] = () => call<typeof getOwnProfile>('GET /users/me', 'email');
  return {
    verifyEmail: (token) => call<typeof verifyEmail>('POST /users/email/verify', '', { token }, true),
    forgotPassword: (email) =>
      call<typeof forgotPassword>('POST /users/password/forgot', '', { email }, true),
    resetPassword: (token, newPassword) =>
      call<typeof resetPassword>(
        'POST /users/password/reset',
        '',
        { token, new_password: newPassword },
        true,
      ),
    getOwnProfile: readProfile,
    updateOwnProfile: (body) => call<typeof updateOwnProfile>('PUT /users/me', 'email', body),
    setAvatar: (attachmentId) =>
      call<typeof setAvatar>('PUT /users/me/avatar', 'email', { attachment_id: attachmentId }),
    removeAvatar: async () => {
      await call<typeof removeAvatar>('DELETE /users/me/avatar', '');
      await readProfile();
    },
    changePassword: (currentPassword, newPassword) =>
      call<typeof changePassword>('POST /users/me/password', '', {
        current_password: currentPassword,
        new_password: newPassword,
      }),
    deleteAccount: (password) => call<typeof deleteAccount>('DELETE /users/me', '', { password }),
    requestVerification: () => call<typeof requestVerification>('POST /users/me/email/verification', ''),
    startTotp: (password) => call<typeof startTotp>('POST /users/me/totp', 'secret', { password }),
    confirmTotp: async (code) => {
      const body = { code };
      return (await call<typeof confirmTotp>('POST /users/me/totp/confirm', 'recovery_codes', body))
        .recovery_codes;
    },
    stopTotp: (password, code) => call<typeof stopTotp>('DELETE /users/me/totp', '', { password, code }),
    listSessions: (query) => call<typeof listSessions>('GET /users/me/sessions', 'items', query),
    endSession: (id) => call<typeof endSession>(`DELETE /users/me/sessions/${id}`, ''),
    searchUsers: async (q, limit) =>
      (await call<typeof searchUsers>('GET /users/search', 'items', { q, limit })).items,
    getProfile: (userId) => call<typeof getProfile>(`GET /users/${userId}`, 'username'),

    createChat: (body) => call<typeof createChat>('POST /chats', 'chat_type', body),
    listChats: (query) => call<typeof listChats>('GET /chats', 'items', query),
    getChat: (chatId) => call<typeof getChat>(`GET /chats/${chatId}`, 'chat_type'),
    updateChat: changeChat,
    renameChat: (chatId, name) => changeChat(chatId, { name }),
    setChatAvatar: (chatId, attachmentId) => changeChat(chatId, { avatar_id: attachmentId }),
    leaveGroup: (chatId) => call<typeof leaveGroup>(`DELETE /chats/${chatId}`, ''),
    listParticipants: (chatId, query) =>
      call<typeof listParticipants>(`GET /chats/${chatId}/participants`, 'items', query),
    addParticipants: (chatId, userIds) =>
      call<typeof addParticipants>(`POST /chats/${chatId}/participants`, 'chat_type', {
        user_ids: userIds,
      }),
    removeParticipant: (chatId, userId) =>
      call<typeof removeParticipant>(`DELETE /chats/${chatId}/participants?user_id=${userId}`, ''),
    setRole: (chatId, userId, role) => changeParticipant(chatId, userId, { role }),
    setAdmin: (chatId, userId, isAdmin) => changeParticipant(chatId, userId, { is_admin: isAdmin }),
    banUser: (chatId, userId, body = {}) =>
      call<typeof banUser>(`PUT /chats/${chatId}/bans/${userId}`, '', body),
    unbanUser: (chatId, userId) => call<typeof unbanUser>(`DELETE /chats/${chatId}/bans/${userId}`, ''),
    listBans: (chatId, query) => call<typeof listBans>(`GET /chats/${chatId}/bans`, 'items', query),
    createInvite: (chatId, body = {}) =>
      call<typeof createInvite>(`POST /chats/${chatId}/invites`, 'code', body),
    listInvites: (chatId, query) => call<typeof listInvites>(`GET /chats/${chatId}/invites`, 'items', query),
    revokeInvite: (code) => call<typeof revokeInvite>(`DELETE /invites/${code}`, ''),
    previewInvite: (code) => call<typeof previewInvite>(`GET /invites/${code}`, 'inviter'),
    acceptInvite: (code) => call<typeof acceptInvite>(`POST /invites/${code}/accept`, 'chat_type'),
    markRead: (chatId, seq) => call<typeof markRead>(`POST /chats/${chatId}/read`, 'last_read_seq', { seq }),
    listOnline: (chatId) => call<typeof listOnline>(`GET /ws/chat/${chatId}/online`, 'online_users'),

    listMessages: (chatId, cursor = {}) => {
      const { before_seq = NEWEST, after_seq } = cursor;
      const query = after_seq === undefined ? { ...cursor, before_seq } : cursor;
      const answer = call<typeof listMessages>(`GET /messages/chat/${chatId}`, 'items', query);
      // A query by cursor gets a page by cursor.
      return answer as Promise<MessageCursorPage>;
    },
    getMessage: (id) => call<typeof getMessage>(`GET /messages/${id}`, 'message_id'),
    editMessage: (id, content, mentions) =>
      call<typeof editMessage>(`PUT /messages/${id}`, 'message_id', { content, ...mentions }),
    deleteMessage: (id) => call<typeof deleteMessage>(`DELETE /messages/${id}`, ''),
    restoreMessage: (id) => call<typeof restoreMessage>(`POST /messages/${id}/restore`, 'message_id'),
    searchMessages: (query) => call<typeof searchMessages>('GET /messages/search', 'items', query),
    listMentions: (query) => call<typeof listMentions>('GET /mentions', 'items', query),
    addReaction: (id, emoji) =>
      call<typeof addReaction>(`PUT /messages/${id}/reactions/${encodeURIComponent(emoji)}`, 'reactions'),
    removeReaction: (id, emoji) =>
      call<typeof removeReaction>(`DELETE /messages/${id}/reactions/${encodeURIComponent(emoji)}`, ''),
    listReactions: (id, query) => call<typeof listReactions>(`GET /messages/${id}/reactions`, 'items', query),
    pin: (id) => call<typeof pinMessage>(`PUT /messages/${id}/pin`, 'message_id'),
    unpin: (id) => call<typeof unpinMessage>(`DELETE /messages/${id}/pin`, ''),
    listPins: (chatId, query) => call<typeof listPins>(`GET /chats/${chatId}/pins`, 'items', query),
    block: (userId) => call<typeof blockUser>(`PUT /users/me/blocks/${userId}`, ''),
    unblock: (userId) => call<typeof unblockUser>(`DELETE /users/me/blocks/${userId}`, ''),
    listBlocks: (query) => call<typeof listBlocks>('GET /users/me/blocks', 'items', query),
    report: (body) => call<typeof createReport>('POST /reports', 'status', body),
    listReports: (query) => call<typeof listReports>('GET /moderation/reports', 'items', query),
    getReport: (id) => call<typeof getReport>(`GET /moderation/reports/${id}`, 'context'),
    resolveReport: (id, body) =>
      call<typeof resolveReport>(`POST /moderation/reports/${id}/resolve`, 'kind', body),
    suspend: (userId, body) => call<typeof suspendUser>(`PUT /moderation/suspensions/${userId}`, '', body),
    liftSuspension: (userId) => call<typeof liftSuspension>(`DELETE /moderation/suspensions/${userId}`, ''),
    ...createAttachmentCalls(client),
    listAttachments: (chatId, query) =>
      call<typeof listChatAttachments>(`GET /chats/${chatId}/attachments`, 'items', query),
    getInfo: () => call<typeof getInfo>('GET /info', 'websocket_url', undefined, true),
    registerDevice: (body) => call<typeof registerDevice>('POST /users/me/devices', 'kind', body),
    listDevices: (query) => call<typeof listDevices>('GET /users/me/devices', 'items', query),
    removeDevice: (id) => call<typeof removeDevice>(`DELETE /users/me/devices/${id}`, ''),
    setChatNotifications: (chatId, body) =>
      call<typeof setChatNotifications>(`PUT /chats/${chatId}/notifications`, 'level', body),
    getNotificationSettings: () =>
      call<typeof getNotificationSettings>('GET /users/me/notifications', 'preview'),
    setNotificationSettings: (body) =>
      call<typeof setNotificationSettings>('PUT /users/me/notifications', 'preview', body),
    getUnread: () => call<typeof getUnread>('GET /users/me/unread', 'unread_total'),
    sync: (body) => call<typeof sync>('POST /sync', 'chats', body),
  };
};

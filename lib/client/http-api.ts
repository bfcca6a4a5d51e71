import type { PublicProfile } from '../../functions/routes/schemas.ts';
import type { ChatApi } from './chat-client.ts';
import type { Session } from './session.ts';

/** `?name=value`, without what is not given. React Native's `URLSearchParams` cannot be written to. */
const queryOf = (values: object): string => {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};

/** History without a cursor begins at its end. */
const NEWEST = 999_999_999_999_999;

/** The routes as functions. */
export const createHttpApi = ({ request, setUser }: Pick<Session, 'request' | 'setUser'>): ChatApi => ({
  getOwnProfile: () => request('GET', '/users/me'),
  updateOwnProfile: async (body) => {
    const user = await request<Awaited<ReturnType<ChatApi['updateOwnProfile']>>>('PUT', '/users/me', body);
    await setUser(user);
    return user;
  },
  changePassword: (currentPassword, newPassword) =>
    request('POST', '/users/me/password', { current_password: currentPassword, new_password: newPassword }),
  deleteAccount: (password) => request('DELETE', '/users/me', { password }),
  searchUsers: async (q, limit) =>
    (await request<{ items: PublicProfile[] }>('GET', `/users/search${queryOf({ q, limit })}`)).items,
  getProfile: (userId) => request('GET', `/users/${userId}`),

  createChat: (body) => request('POST', '/chats', body),
  listChats: (page = {}) => request('GET', `/chats${queryOf(page)}`),
  getChat: (chatId) => request('GET', `/chats/${chatId}`),
  renameChat: (chatId, name) => request('PUT', `/chats/${chatId}`, { name }),
  leaveChat: (chatId) => request('DELETE', `/chats/${chatId}`),
  listParticipants: (chatId, page = {}) => request('GET', `/chats/${chatId}/participants${queryOf(page)}`),
  addParticipants: (chatId, userIds) =>
    request('POST', `/chats/${chatId}/participants`, { user_ids: userIds }),
  removeParticipant: (chatId, userId) =>
    request('DELETE', `/chats/${chatId}/participants${queryOf({ user_id: userId })}`),
  setAdmin: (chatId, userId, isAdmin) =>
    request('PUT', `/chats/${chatId}/participants/${userId}`, { is_admin: isAdmin }),
  markRead: (chatId, seq) => request('POST', `/chats/${chatId}/read`, { seq }),
  listOnline: (chatId) => request('GET', `/ws/chat/${chatId}/online`),

  listMessages: (chatId, cursor = {}) => {
    const isOpen = cursor.before_seq === undefined && cursor.after_seq === undefined;
    const query = isOpen ? { ...cursor, before_seq: NEWEST } : cursor;
    return request('GET', `/messages/chat/${chatId}${queryOf(query)}`);
  },
  getMessage: (id) => request('GET', `/messages/${id}`),
  editMessage: (id, content) => request('PUT', `/messages/${id}`, { content }),
  deleteMessage: (id) => request('DELETE', `/messages/${id}`),
  restoreMessage: (id) => request('POST', `/messages/${id}/restore`),
  searchMessages: (query) => request('GET', `/messages/search${queryOf(query)}`),
  sync: (body) => request('POST', '/sync', body),
});

import type { Chat, ChatDetail, Page, PublicProfile } from '../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import type { ChatApi } from './chat-client.ts';
import type { ChatList } from './chat-list.ts';
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

/**
 * The routes as functions.
 *
 * @param chats gets to know every chat that an answer shows
 */
export const createHttpApi = (
  { request, setUser }: Pick<Session, 'request' | 'setUser'>,
  chats: Pick<ChatList, 'now' | 'set'>,
): ChatApi => {
  const requestChat = async (method: string, path: string, body?: unknown): Promise<ChatDetail> => {
    const asked = chats.now();
    const chat = await request<ChatDetail>(method, path, 'chat_type', body);
    chats.set(chat, asked);
    return chat;
  };
  return {
    getOwnProfile: () => request('GET', '/users/me', 'username'),
    updateOwnProfile: async (body) => {
      const user = await request<OwnProfile>('PUT', '/users/me', 'username', body);
      await setUser(user);
      return user;
    },
    changePassword: (currentPassword, newPassword) =>
      request('POST', '/users/me/password', undefined, {
        current_password: currentPassword,
        new_password: newPassword,
      }),
    deleteAccount: (password) => request('DELETE', '/users/me', undefined, { password }),
    searchUsers: async (q, limit) =>
      (await request<{ items: PublicProfile[] }>('GET', `/users/search${queryOf({ q, limit })}`, 'items'))
        .items,
    getProfile: (userId) => request('GET', `/users/${userId}`, 'username'),

    createChat: (body) => requestChat('POST', '/chats', body),
    listChats: async (page = {}) => {
      const asked = chats.now();
      const answer = await request<Page<Chat>>('GET', `/chats${queryOf(page)}`, 'items');
      for (const chat of answer.items) chats.set(chat, asked);
      return answer;
    },
    getChat: (chatId) => requestChat('GET', `/chats/${chatId}`),
    renameChat: (chatId, name) => requestChat('PUT', `/chats/${chatId}`, { name }),
    leaveChat: (chatId) => request('DELETE', `/chats/${chatId}`),
    listParticipants: (chatId, page = {}) =>
      request('GET', `/chats/${chatId}/participants${queryOf(page)}`, 'items'),
    addParticipants: (chatId, userIds) =>
      requestChat('POST', `/chats/${chatId}/participants`, { user_ids: userIds }),
    removeParticipant: (chatId, userId) =>
      request('DELETE', `/chats/${chatId}/participants${queryOf({ user_id: userId })}`),
    setAdmin: (chatId, userId, isAdmin) =>
      request('PUT', `/chats/${chatId}/participants/${userId}`, 'username', { is_admin: isAdmin }),
    markRead: (chatId, seq) => request('POST', `/chats/${chatId}/read`, 'last_read_seq', { seq }),
    listOnline: (chatId) => request('GET', `/ws/chat/${chatId}/online`, 'online_users'),

    listMessages: (chatId, cursor = {}) => {
      const isOpen = cursor.before_seq === undefined && cursor.after_seq === undefined;
      const query = isOpen ? { ...cursor, before_seq: NEWEST } : cursor;
      return request('GET', `/messages/chat/${chatId}${queryOf(query)}`, 'items');
    },
    getMessage: (id) => request('GET', `/messages/${id}`, 'message_id'),
    editMessage: (id, content) => request('PUT', `/messages/${id}`, 'message_id', { content }),
    deleteMessage: (id) => request('DELETE', `/messages/${id}`),
    restoreMessage: (id) => request('POST', `/messages/${id}/restore`, 'message_id'),
    searchMessages: (query) => request('GET', `/messages/search${queryOf(query)}`, 'items'),
    sync: (body) => request('POST', '/sync', 'chats', body),
  };
};

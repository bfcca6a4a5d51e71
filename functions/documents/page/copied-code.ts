import type { Request, Values } from './request.ts';

/** A shell word in single quotes, within which only the single quote itself is special. */
const shellWord = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A request as a `curl` command. @param origin the service's origin, such as `http://127.0.0.1:8000` */
export const curlOf = ({ address, method, headers, body }: Request, origin: string): string =>
  [
    `curl -X ${method} ${shellWord(new URL(address, origin).href)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${shellWord(body)}`]),
  ].join(' \\\n  ');

/**
 * The client library's function for each operation (a method of the client, or of `createApi`), followed by its
 * arguments: `path.<name>`, `query.<name>`, `body.<name>`, an object of `body.<name>,<name>`, or all of `query` or
 * `body`. Operations that the client performs by itself, such as refreshing a session, are absent.
 */
export const clientFunctions: Readonly<Record<string, readonly [name: string, ...takes: string[]]>> = {
  'register-user': ['register', 'body'],
  'log-in': ['logIn', 'body.username', 'body.password', 'body.totp'],
  'verify-email': ['api.verifyEmail', 'body.token'],
  'forgot-password': ['api.forgotPassword', 'body.email'],
  'reset-password': ['api.resetPassword', 'body.token', 'body.new_password'],
  'request-verification': ['api.requestVerification'],
  'start-totp': ['api.startTotp', 'body.password'],
  'confirm-totp': ['api.confirmTotp', 'body.code'],
  'stop-totp': ['api.stopTotp', 'body.password', 'body.code'],
  'list-sessions': ['api.listSessions', 'query'],
  'end-session': ['api.endSession', 'path.session_id'],
  'log-out': ['logOut'],
  'get-own-profile': ['api.getOwnProfile'],
  'update-own-profile': ['api.updateOwnProfile', 'body'],
  'set-avatar': ['api.setAvatar', 'body.attachment_id'],
  'remove-avatar': ['api.removeAvatar'],
  'change-password': ['api.changePassword', 'body.current_password', 'body.new_password'],
  'delete-account': ['api.deleteAccount', 'body.password'],
  'search-users': ['api.searchUsers', 'query.q', 'query.limit'],
  'get-profile': ['api.getProfile', 'path.user_id'],
  'create-chat': ['api.createChat', 'body'],
  'list-chats': ['api.listChats', 'query'],
  'get-chat': ['api.getChat', 'path.chat_id'],
  'update-chat': ['api.updateChat', 'path.chat_id', 'body'],
  'leave-group': ['api.leaveGroup', 'path.chat_id'],
  'list-participants': ['api.listParticipants', 'path.chat_id', 'query'],
  'add-participants': ['api.addParticipants', 'path.chat_id', 'body.user_ids'],
  'remove-participant': ['api.removeParticipant', 'path.chat_id', 'query.user_id'],
  'update-participant': ['api.setRole', 'path.chat_id', 'path.user_id', 'body.role'],
  'ban-user': ['api.banUser', 'path.chat_id', 'path.user_id', 'body'],
  'unban-user': ['api.unbanUser', 'path.chat_id', 'path.user_id'],
  'list-bans': ['api.listBans', 'path.chat_id', 'query'],
  'create-invite': ['api.createInvite', 'path.chat_id', 'body'],
  'list-invites': ['api.listInvites', 'path.chat_id', 'query'],
  'revoke-invite': ['api.revokeInvite', 'path.code'],
  'preview-invite': ['api.previewInvite', 'path.code'],
  'accept-invite': ['api.acceptInvite', 'path.code'],
  'mark-read': ['api.markRead', 'path.chat_id', 'body.seq'],
  'list-online': ['api.listOnline', 'path.chat_id'],
  'send-message': [
    'send',
    'body.chat_id',
    'body.content',
    'body.reply_to_id,mentions,mention_all,attachment_ids',
  ],
  'list-messages': ['api.listMessages', 'path.chat_id', 'query'],
  'get-message': ['api.getMessage', 'path.id'],
  'edit-message': ['api.editMessage', 'path.id', 'body.content', 'body.mentions,mention_all'],
  'delete-message': ['api.deleteMessage', 'path.id'],
  'restore-message': ['api.restoreMessage', 'path.id'],
  'search-messages': ['api.searchMessages', 'query'],
  'add-reaction': ['api.addReaction', 'path.id', 'path.emoji'],
  'remove-reaction': ['api.removeReaction', 'path.id', 'path.emoji'],
  'list-reactions': ['api.listReactions', 'path.id', 'query'],
  'list-mentions': ['api.listMentions', 'query'],
  'block-user': ['api.block', 'path.user_id'],
  'unblock-user': ['api.unblock', 'path.user_id'],
  'list-blocks': ['api.listBlocks', 'query'],
  'create-report': ['api.report', 'body'],
  'list-reports': ['api.listReports', 'query'],
  'get-report': ['api.getReport', 'path.id'],
  'resolve-report': ['api.resolveReport', 'path.id', 'body'],
  'suspend-user': ['api.suspend', 'path.user_id', 'body'],
  'lift-suspension': ['api.liftSuspension', 'path.user_id'],
  'create-attachment': ['api.createAttachment', 'body'],
  'complete-attachment': ['api.completeAttachment', 'path.id'],
  'get-attachment': ['api.getAttachment', 'path.id'],
  'delete-attachment': ['api.deleteAttachment', 'path.id'],
  'list-chat-attachments': ['api.listAttachments', 'path.chat_id', 'query'],
  sync: ['api.sync', 'body'],
};

/** A form's text as a value: digits become a number in the client's code. */
const literal = (text: string): unknown => (/^-?\d{1,15}$/.test(text) ? Number(text) : text);

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;

/** The value of an argument; `undefined` when its field was left empty. */
const argumentOf = (takes: string, values: Values, body: unknown): unknown => {
  if (takes === 'body') return body;
  const [place = '', name] = takes.split('.', 2);
  if (place === 'body') {
    const names = (name ?? '').split(',');
    if (names.length === 1) return field(body, names[0] ?? '');
    const given = names
      .map((one) => [one, field(body, one)] as const)
      .filter(([, value]) => value !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
  }
  if (name !== undefined) {
    const value = values.get(takes) ?? '';
    return value === '' ? undefined : literal(value);
  }
  const given = [...values].filter(([key, value]) => key.startsWith(`${place}.`) && value !== '');
  return given.length === 0
    ? undefined
    : Object.fromEntries(given.map(([key, value]) => [key.slice(place.length + 1), literal(value)]));
};

const written = (value: unknown): string => JSON.stringify(value, null, 2) ?? 'undefined';

/**
 * A request as code that calls the client library, or `fetch` when the library has no function for it.
 *
 * @param values the filled-in fields, by `path.<name>` and `query.<name>`
 * @param body the request's parsed body
 */
export const clientCodeOf = (
  operationId: string,
  {
    request,
    origin,
    values,
    body,
  }: {
    readonly request: Request;
    readonly origin: string;
    readonly values: Values;
    readonly body: unknown;
  },
): string => {
  const called = clientFunctions[operationId];
  if (called === undefined) {
    const { address, ...options } = request;
    return `const response = await fetch(${written(new URL(address, origin).href)}, ${written(options)});`;
  }
  const [name, ...takes] = called;
  const all = takes.map((one) => argumentOf(one, values, body));
  const last = all.findLastIndex((value) => value !== undefined);
  // `send` puts the message into the outbox and returns without waiting for the service.
  const waits = name === 'send' ? '' : 'await ';
  const isRoute = name.startsWith('api.');
  return [
    ...(isRoute ? ["import { createApi } from 'chat-service/api';"] : []),
    "import { createChatClient } from 'chat-service/client';",
    '',
    `const client = createChatClient({ baseUrl: ${written(`${origin}/api/v1`)} });`,
    ...(isRoute ? ['const api = createApi(client);'] : []),
    `${waits}${isRoute ? '' : 'client.'}${name}(${all
      .slice(0, last + 1)
      .map(written)
      .join(', ')});`,
  ].join('\n');
};

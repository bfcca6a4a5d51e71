import { randomUUID } from 'node:crypto';
// oxlint-disable-next-line no-restricted-imports -- the benchmark stands in for an authenticator application
import { codeOfStep, fromBase32, stepAt } from '../../functions/second-factor/totp.ts';
import type { HttpClient } from './plain-http-client.ts';
import {
  PASSWORD,
  logIn,
  newAccount,
  newGroup,
  newPerson,
  send,
  requestOrThrow,
  type Population,
} from './population.ts';
import { beginUpload, newAvatar, uploadText } from './uploads.ts';

/** Sends a prepared request. */
export type Prepared = () => Promise<{ readonly status: number; readonly headers: Headers }>;

/** A request to measure; its preparation happens before it is returned, and is not measured. */
export type Scenario = (population: Population, httpUrl: string) => Prepared | Promise<Prepared>;

const request =
  (api: HttpClient, method: string, path: string, body?: unknown): Prepared =>
  () =>
    api.request(method, path, body);

const asAda =
  (method: string, path: (population: Population) => string, body?: (population: Population) => unknown) =>
  (population: Population): Prepared =>
    request(population.ada.api, method, path(population), body?.(population));

const page =
  (path: string): Scenario =>
  (_, httpUrl) =>
  () =>
    fetch(httpUrl + path).then(async (response) => {
      await response.arrayBuffer();
      return response;
    });

const THUMB = encodeURIComponent('👍');

/** A device that is not registered yet. */
const newDevice = () => ({ kind: 'fcm', token: randomUUID() });

/** Sends a new message of Ada's in the large group. */
const ownMessage = ({ ada, group }: Population): Promise<number> => send(ada, group.id, 'A typpo');

/** Creates a report of a message in the large group. */
const newReport = async (population: Population): Promise<number> => {
  const body = { message_id: await ownMessage(population), reason: 'spam' };
  return (await requestOrThrow<{ id: number }>(firstOther(population).api, 'POST', '/reports', body)).id;
};

/**
 * The user who logs in and out in these scenarios: beyond the limit of sessions, a log-in ends the user's oldest
 * session, with which another user would be sending requests.
 */
const commuter = ({ newcomers }: Population) => {
  const [first] = newcomers;
  if (first === undefined) throw new Error('There is nobody to log in');
  return first;
};

/** An invitation to a group of Ada's, and a user who is not in that group. */
const invited = async (population: Population) => {
  const { ada, circle } = population;
  const id = await newGroup(ada, circle);
  const { body } = await ada.api.request<{ code: string }>('POST', `/chats/${id}/invites`, {});
  return { code: body.code, guest: commuter(population) };
};

const firstOther = ({ others }: Population) => {
  const [first] = others;
  if (first === undefined) throw new Error('There is nobody else');
  return first;
};

/** Begins to set up a second factor. @returns the code that confirms it now */
const beginTotp = async (api: HttpClient): Promise<string> => {
  const { body } = await api.request<{ secret: string }>('POST', '/users/me/totp', { password: PASSWORD });
  return codeOfStep(fromBase32(body.secret), stepAt(new Date()));
};

/** The expected status of scenarios that are refused, by the route's id: the tokens of mails are unknown here. */
export const refusedScenarios: Readonly<Record<string, number>> = {
  'unknown-route': 404,
  'verify-email': 422,
  'reset-password': 422,
};

/** By the route's id, followed by the variant if a route is measured in several ways. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'register-user': ({ service }) => request(service, 'POST', '/users/register', newAccount()),
  'log-in': (population) =>
    request(population.service, 'POST', '/users/login', {
      username: commuter(population).username,
      password: PASSWORD,
    }),
  'refresh-session': async (population) => {
    const { service } = population;
    const { refreshToken } = await logIn(service, commuter(population).username);
    return request(service, 'POST', '/users/refresh', { refresh_token: refreshToken });
  },
  'log-out': async (population) => {
    const { service } = population;
    const { refreshToken } = await logIn(service, commuter(population).username);
    return request(service, 'POST', '/users/logout', { refresh_token: refreshToken });
  },
  'verify-email': ({ service }) => request(service, 'POST', '/users/email/verify', { token: 'unknown' }),
  'request-verification': async ({ service }) =>
    request((await newPerson(service)).api, 'POST', '/users/me/email/verification'),
  'forgot-password': ({ service }) =>
    request(service, 'POST', '/users/password/forgot', { email: newAccount().email }),
  'reset-password': ({ service }) =>
    request(service, 'POST', '/users/password/reset', { token: 'unknown', new_password: PASSWORD }),
  'start-totp': async ({ service }) =>
    request((await newPerson(service)).api, 'POST', '/users/me/totp', { password: PASSWORD }),
  'confirm-totp': async ({ service }) => {
    const { api } = await newPerson(service);
    const code = await beginTotp(api);
    return request(api, 'POST', '/users/me/totp/confirm', { code });
  },
  'stop-totp': async ({ service }) => {
    const { api } = await newPerson(service);
    const { body } = await api.request<{ recovery_codes: string[] }>('POST', '/users/me/totp/confirm', {
      code: await beginTotp(api),
    });
    return request(api, 'DELETE', '/users/me/totp', { password: PASSWORD, code: body.recovery_codes[0] });
  },
  'list-sessions': asAda('GET', () => '/users/me/sessions'),
  'end-session': async (population) => {
    const person = await newPerson(population.service);
    const { items } = await person.api
      .request<{ items: { id: string }[] }>('GET', '/users/me/sessions')
      .then(({ body }) => body);
    return request(person.api, 'DELETE', `/users/me/sessions/${items[0]?.id}`);
  },
  'get-own-profile': asAda('GET', () => '/users/me'),
  'update-own-profile': asAda(
    'PUT',
    () => '/users/me',
    () => ({ full_name: 'Ada Lovelace' }),
  ),
  'delete-account': async ({ service }) =>
    request((await newPerson(service)).api, 'DELETE', '/users/me', { password: PASSWORD }),
  // Not as Ada, since it ends all other sessions of the user.
  'change-password': async ({ service }) =>
    request((await newPerson(service)).api, 'POST', '/users/me/password', {
      current_password: PASSWORD,
      new_password: PASSWORD,
    }),
  'set-avatar': async ({ ada }) =>
    request(ada.api, 'PUT', '/users/me/avatar', { attachment_id: await newAvatar(ada) }),
  'remove-avatar': async ({ ada }) => {
    await ada.api.request('PUT', '/users/me/avatar', { attachment_id: await newAvatar(ada) });
    return request(ada.api, 'DELETE', '/users/me/avatar');
  },
  'search-users limit=10': asAda('GET', () => '/users/search?q=bench&limit=10'),
  'search-users limit=100': asAda('GET', () => '/users/search?q=bench&limit=100'),
  'get-profile': asAda('GET', (population) => `/users/${firstOther(population).id}`),
  'create-chat group of 40': asAda(
    'POST',
    () => '/chats',
    ({ others }) => ({
      chat_type: 'group',
      name: 'New',
      participant_ids: others.slice(0, 39).map(({ id }) => id),
    }),
  ),
  'create-chat direct, again': asAda(
    'POST',
    () => '/chats',
    (population) => ({ chat_type: 'direct', participant_ids: [firstOther(population).id] }),
  ),
  'list-chats limit=10': asAda('GET', () => '/chats?limit=10'),
  'list-chats limit=100': asAda('GET', () => '/chats?limit=100'),
  'list-chats limit=100, page 2': asAda('GET', () => '/chats?limit=100&page=2'),
  'get-chat of 40': asAda('GET', ({ group }) => `/chats/${group.id}`),
  'update-chat': asAda(
    'PUT',
    ({ group }) => `/chats/${group.id}`,
    () => ({ name: 'Renamed' }),
  ),
  'leave-group': async ({ ada, circle }) => {
    const id = await newGroup(ada, circle);
    return request(ada.api, 'DELETE', `/chats/${id}`);
  },
  'list-participants limit=10': asAda('GET', ({ group }) => `/chats/${group.id}/participants?limit=10`),
  'list-participants limit=100': asAda('GET', ({ group }) => `/chats/${group.id}/participants?limit=100`),
  'add-participants': async ({ ada, circle, newcomers }) => {
    const id = await newGroup(ada, circle);
    const body = { user_ids: newcomers.map((other) => other.id) };
    return request(ada.api, 'POST', `/chats/${id}/participants`, body);
  },
  'remove-participant': async ({ ada, circle }) => {
    const id = await newGroup(ada, circle);
    return request(ada.api, 'DELETE', `/chats/${id}/participants?user_id=${circle[0]?.id}`);
  },
  'update-participant': async ({ ada, circle }) => {
    const id = await newGroup(ada, circle);
    return request(ada.api, 'PUT', `/chats/${id}/participants/${circle[0]?.id}`, { is_admin: true });
  },
  'ban-user': async ({ ada, circle }) => {
    const id = await newGroup(ada, circle);
    return request(ada.api, 'PUT', `/chats/${id}/bans/${circle[0]?.id}`, {});
  },
  'unban-user': asAda('DELETE', ({ group, circle }) => `/chats/${group.id}/bans/${circle[0]?.id}`),
  'list-bans': asAda('GET', ({ group }) => `/chats/${group.id}/bans`),
  'create-invite': async ({ ada, circle }) =>
    request(ada.api, 'POST', `/chats/${await newGroup(ada, circle)}/invites`, {}),
  'list-invites': asAda('GET', ({ group }) => `/chats/${group.id}/invites`),
  'revoke-invite': async (population) => {
    const { code } = await invited(population);
    return request(population.ada.api, 'DELETE', `/invites/${code}`);
  },
  'preview-invite': async (population) => {
    const { code } = await invited(population);
    return request(population.ada.api, 'GET', `/invites/${code}`);
  },
  'accept-invite': async (population) => {
    const { code, guest } = await invited(population);
    return request(guest.api, 'POST', `/invites/${code}/accept`);
  },
  'mark-read': async (population) => {
    const { ada, group } = population;
    await send(firstOther(population), group.id, 'Unread');
    return request(ada.api, 'POST', `/chats/${group.id}/read`, { seq: 1_000_000 });
  },
  'send-message to 40': asAda(
    'POST',
    () => '/messages',
    ({ group }) => ({
      chat_id: group.id,
      content: 'Shall we meet at nine?',
      client_message_id: randomUUID(),
    }),
  ),
  'send-message to 40, a reply that mentions everybody': asAda(
    'POST',
    () => '/messages',
    ({ group }) => ({
      chat_id: group.id,
      content: 'At nine!',
      client_message_id: randomUUID(),
      reply_to_id: group.messageIds[7],
      mention_all: true,
    }),
  ),
  'list-messages page, limit=10': asAda('GET', ({ group }) => `/messages/chat/${group.id}?limit=10`),
  'list-messages page, limit=100': asAda('GET', ({ group }) => `/messages/chat/${group.id}?limit=100`),
  'list-messages before_seq, limit=100': asAda(
    'GET',
    ({ group }) => `/messages/chat/${group.id}?limit=100&before_seq=250`,
  ),
  'list-messages after_seq, limit=100': asAda(
    'GET',
    ({ group }) => `/messages/chat/${group.id}?limit=100&after_seq=50`,
  ),
  'search-messages limit=10': asAda('GET', () => '/messages/search?q=mill%20turns&limit=10'),
  'search-messages limit=100': asAda('GET', () => '/messages/search?q=mill%20turns&limit=100'),
  'get-message': asAda('GET', ({ group }) => `/messages/${group.messageIds[7]}`),
  'edit-message': async (population) => {
    const id = await ownMessage(population);
    return request(population.ada.api, 'PUT', `/messages/${id}`, { content: 'A typo' });
  },
  'delete-message': async (population) =>
    request(population.ada.api, 'DELETE', `/messages/${await ownMessage(population)}`),
  'restore-message': async (population) => {
    const id = await ownMessage(population);
    await population.ada.api.request('DELETE', `/messages/${id}`);
    return request(population.ada.api, 'POST', `/messages/${id}/restore`);
  },
  'sync 1 chat': asAda(
    'POST',
    () => '/sync',
    ({ group }) => ({ chats: [{ chat_id: group.id, rev: 200 }] }),
  ),
  'sync 100 chats': asAda(
    'POST',
    () => '/sync',
    ({ chatIds }) => ({ chats: chatIds.slice(-100).map((id) => ({ chat_id: id, rev: 0 })), limit: 500 }),
  ),
  // After the reads of the group, so that these see messages without reactions.
  'add-reaction to 40': async (population) =>
    request(population.ada.api, 'PUT', `/messages/${await ownMessage(population)}/reactions/${THUMB}`),
  'remove-reaction to 40': async (population) => {
    const path = `/messages/${await ownMessage(population)}/reactions/${THUMB}`;
    await population.ada.api.request('PUT', path);
    return request(population.ada.api, 'DELETE', path);
  },
  'list-reactions': async (population) => {
    const id = await ownMessage(population);
    await population.ada.api.request('PUT', `/messages/${id}/reactions/${THUMB}`);
    return request(population.ada.api, 'GET', `/messages/${id}/reactions`);
  },
  'list-mentions': asAda('GET', () => '/mentions'),
  // Always the same message, since a chat has room for few pins; the message is on none of the measured pages.
  'pin-message in 40': async (population) => {
    const path = `/messages/${population.group.messageIds[0]}/pin`;
    await population.ada.api.request('DELETE', path);
    return request(population.ada.api, 'PUT', path);
  },
  'unpin-message in 40': async (population) => {
    const path = `/messages/${population.group.messageIds[0]}/pin`;
    await population.ada.api.request('PUT', path);
    return request(population.ada.api, 'DELETE', path);
  },
  'list-pins': async (population) => {
    await population.ada.api.request('PUT', `/messages/${population.group.messageIds[0]}/pin`);
    return request(population.ada.api, 'GET', `/chats/${population.group.id}/pins`);
  },
  'create-attachment': asAda(
    'POST',
    () => '/attachments',
    () => ({ file_name: 'mill.txt', content_type: 'text/plain', size: 15 }),
  ),
  'complete-attachment': async ({ ada }) =>
    request(ada.api, 'POST', `/attachments/${await uploadText(ada)}/complete`),
  'get-attachment': async ({ ada }) => {
    const { attachment } = await beginUpload(ada);
    return request(ada.api, 'GET', `/attachments/${attachment.id}`);
  },
  'delete-attachment': async ({ ada }) => {
    const { attachment } = await beginUpload(ada);
    return request(ada.api, 'DELETE', `/attachments/${attachment.id}`);
  },
  'list-chat-attachments': asAda('GET', ({ group }) => `/chats/${group.id}/attachments`),
  'get-storage': asAda('GET', () => '/users/me/storage'),
  'block-user': async ({ ada, service }) =>
    request(ada.api, 'PUT', `/users/me/blocks/${(await newPerson(service)).id}`),
  'unblock-user': async ({ ada, service }) => {
    const path = `/users/me/blocks/${(await newPerson(service)).id}`;
    await ada.api.request('PUT', path);
    return request(ada.api, 'DELETE', path);
  },
  // At this point Ada has blocked nobody, so the following scenarios are measured without blocks.
  'list-blocks': asAda('GET', () => '/users/me/blocks'),
  'create-report': async (population) =>
    request(firstOther(population).api, 'POST', '/reports', {
      message_id: await ownMessage(population),
      reason: 'spam',
    }),
  'list-reports': ({ moderator }) => request(moderator.api, 'GET', '/moderation/reports'),
  'get-report': async (population) =>
    request(population.moderator.api, 'GET', `/moderation/reports/${await newReport(population)}`),
  'resolve-report': async (population) =>
    request(population.moderator.api, 'POST', `/moderation/reports/${await newReport(population)}/resolve`, {
      action: 'delete_message',
    }),
  'suspend-user': async ({ moderator, service }) =>
    request(moderator.api, 'PUT', `/moderation/suspensions/${(await newPerson(service)).id}`, {
      until: null,
      reason: 'Measured',
    }),
  'lift-suspension': async ({ moderator, service }) => {
    const path = `/moderation/suspensions/${(await newPerson(service)).id}`;
    await moderator.api.request('PUT', path, { until: null, reason: 'Measured' });
    return request(moderator.api, 'DELETE', path);
  },
  // Not as Ada: messages to a user with a device make one more request.
  'register-device': async ({ service }) =>
    request((await newPerson(service)).api, 'POST', '/users/me/devices', newDevice()),
  'list-devices': asAda('GET', () => '/users/me/devices'),
  'remove-device': async ({ service }) => {
    const { api } = await newPerson(service);
    const { body } = await api.request<{ id: number }>('POST', '/users/me/devices', newDevice());
    return request(api, 'DELETE', `/users/me/devices/${body.id}`);
  },
  'set-chat-notifications': asAda(
    'PUT',
    ({ group }) => `/chats/${group.id}/notifications`,
    () => ({ level: 'all', muted_until: new Date().toISOString() }),
  ),
  'get-notification-settings': asAda('GET', () => '/users/me/notifications'),
  'set-notification-settings': asAda(
    'PUT',
    () => '/users/me/notifications',
    () => ({ preview: true, quiet: null }),
  ),
  'get-unread': asAda('GET', () => '/users/me/unread'),
  'list-online of 40': asAda('GET', ({ group }) => `/ws/chat/${group.id}/online`),
  'get-stats': asAda('GET', () => '/ws/stats'),
  'issue-ticket': asAda('POST', () => '/ws/tickets'),
  'get-root': page('/'),
  'get-health': page('/health'),
  'get-info': page('/api/v1/info'),
  'get-openapi': page('/api/v1/openapi.json'),
  'get-asyncapi': page('/api/v1/asyncapi.json'),
  'get-docs': page('/api/v1/docs'),
  'unknown-route': page('/api/v1/nothing-here'),
};

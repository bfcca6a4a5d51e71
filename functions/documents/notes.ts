import { errorCatalogue } from '../contract/errors.ts';
import {
  EVENT_BYTES_MAX,
  LEASE_SECONDS,
  PASSWORD_BYTES_MAX,
  PASSWORD_CHARACTERS_MIN,
  REFRESH_GRACE_SECONDS,
  TICKET_SECONDS,
  TYPING_EXPIRES_MS,
  SEARCH_MATCHES_MAX,
  limits,
  SYNC_JOINED_MAX,
} from '../contract/limits.ts';

/**
 * What the documents say beside what the schemas say themselves: sentences for readers, and values that make
 * examples. A schema's own `description` and `example` come first.
 */
export interface Note {
  readonly description?: string;
  /** A value that fits the schema. `omitted` leaves an optional field out of examples. */
  readonly example?: unknown;
  readonly omitted?: true;
}

export const introduction = `
Users, chats and messages over HTTP; live events over a WebSocket, whose address \`GET /api/v1/info\` names.

**Conventions.** JSON in UTF-8. Timestamps are ISO 8601 in UTC with milliseconds. Ids are numbers, except those of
messages that are UUIDs. Clients ignore fields that they do not know. A path that ends in a collection's name answers
with a slash behind it, too. Every answer has an \`x-request-id\`.

**Bodies** are taken strictly: a field that is not in the schema is refused with 422, JSON in which an object names a
field twice with 400.

**Text** holds neither NUL nor lone surrogates, and is stored as it is sent. A message, a full name and a group's name have
at least one character that can be seen: neither white space nor default-ignorable, by Unicode. Names have no control and
format characters and no line breaks (joiners of emoji, and of scripts that are written with them, are none of these), and
are not \`deleted user\`.

**Errors** are \`{"detail", "status_code", "code"}\`, a sentence for people and a stable code for programs; a 422 also
has \`errors\`, which say where. An address that does not exist answers 404 \`route_not_found\`, one that does not know
the method 405 \`method_not_allowed\` with \`Allow\`.

**Pages.** Lists take \`page\` and \`limit\`; a page past the end is empty. The history of a chat goes by \`before_seq\`
and \`after_seq\` as well, at a cost that does not grow with its length.

**Order and repair.** \`seq\` numbers a chat's messages without gaps; \`rev\` counts its changes. A client that missed
events asks \`POST /api/v1/sync\` for everything after the \`rev\` that it has.

**Limits.** Each kind of request has a pace for each user, at once and a second; \`limits\` of \`GET /api/v1/info\` names them
all. Messages: ${limits.sends_burst} and ${limits.sends_per_second}. Other frames, unknown and malformed ones included: ${limits.frames_burst} and ${limits.frames_per_second}.
Changes over HTTP: ${limits.changes_burst} and ${limits.changes_per_second}. Searches: ${limits.searches_burst} and ${limits.searches_per_second}. Tickets, and
log-ins and refreshes: ${limits.tickets_burst} and ${limits.tickets_per_second}. Handshakes: ${limits.connects_burst} and ${limits.connects_per_second}. What is faster is
answered with 429 \`rate_limited\`, on a socket with an \`error\` frame; the connection stays open. Reading has none.

**WebSocket.** Connect to \`<websocket_url>?ticket=<ticket>\` with a ticket of \`POST /api/v1/ws/tickets\`, or to
\`<websocket_url>?token=<access token>\`, with \`&chat_id=<id>\` for one chat only. Every frame
is a JSON text frame with a \`type\`: a client sends \`ClientFrame\`, and receives \`ServerFrame\`. A frame over
${EVENT_BYTES_MAX / 1024} KB ends the connection; an event over that size carries its message with \`"truncated": true\`
and without content. A connection counts as live for ${LEASE_SECONDS / 60} minutes after its last frame.
`.trim();

export const tagNotes = {
  Users: 'Accounts, sessions and profiles.',
  Chats: 'Direct chats and groups, who is in them, and how far each has read.',
  Messages: 'Sending, changing, finding messages, and catching up with what was missed.',
  'Real time': 'Who is there now. The events themselves come over the WebSocket.',
  System: 'The service itself: its state, its limits, its documents.',
} as const;

/** By the route's id: what its summary leaves open. */
export const operationNotes: Readonly<Record<string, string>> = {
  'register-user': `Names and e-mail addresses are compared without regard to case. ${limits.registrations_per_address} accounts may be made from one address in an hour; tries that find a name taken have a limit of their own.`,
  'log-in': `A wrong password and an unknown name get the same answer. Too many failures, to an account from one address (${limits.login_failures_per_account_and_address} in ${limits.login_window_seconds / 60} min), from one address (${limits.login_failures_per_address}) or to an account from anywhere (${limits.login_failures_per_account}), are answered with 429 and a growing \`Retry-After\`. Of IPv6, a /64 is one address. A user has at most ${limits.sessions_per_user} sessions: one more ends the oldest.`,
  'refresh-session': `Each refresh token buys the next. The one rotated away last does so again within ${REFRESH_GRACE_SECONDS} s, until a successor of it is used: its answer was lost, or two tabs asked at once. An older one ends the whole session, for it may have been stolen. What is no token of ours changes nothing.`,
  'log-out':
    'The refresh token alone is enough: an access token is not needed. An old token of the session ends it as well; what is no token of ours ends nothing.',
  'change-password':
    'Every other session of yours ends, and its sockets are closed. Of two changes at once one succeeds; the other finds its `current_password` wrong.',
  'update-own-profile': `What is not named stays as it is; a full name of null is removed. A new e-mail address wants the \`password\`, of which one session may give ${limits.login_failures_per_account_and_address} wrong ones in ${limits.login_window_seconds / 60} min.`,
  'delete-account':
    'You leave your groups, your name stays taken, and your messages stay under `deleted user`. It can be repeated: what broke off halfway is finished by the next try.',
  'search-users':
    'Finds people by the beginnings of the words of their names: first those whose user name or full name begins with the text, then those of whom a later word does, then those who have each of its words. Compared as messages are; `%` and `_` are plain characters.',
  'search-messages': `Words are compared as people read them: case folded (\`STRASSE\` finds \`Straße\`), full width and other compatibility forms as the plain ones, without the accents of Latin and Greek letters and the points of Hebrew and Arabic, ё as е; marks that make another letter count (\`パンダ\` is not \`ハンダ\`, \`мой\` not \`мои\`). Soft hyphens and joiners are no part of a word. An emoji is a word, in any skin tone. Words are whole, but in scripts without spaces any part of a text is found. \`total\` counts visible messages, among the latest ${SEARCH_MATCHES_MAX} that match.`,
  'create-chat': `A direct chat exists once per pair, also when both ask at the same moment. A group has at most ${limits.group_members} members, and its creator is its admin. When anybody named is unknown or has gone, nothing is created; a direct chat that you had with them is opened again.`,
  'leave-group':
    'When the last admin leaves, the longest-standing member becomes admin; when the last member leaves, the group closes. A direct chat comes back with the next message.',
  'add-participants':
    'Who is in the group already is no error. New participants see the whole history, all of it read.',
  'remove-participant':
    'The last admin is not removed while others remain, by themself neither: leaving the group hands over.',
  'mark-read': 'A mark never moves back, and a `seq` past the end counts as the end.',
  'send-message':
    'Acknowledged once both stores hold it. A send repeated with the same `client_message_id` is answered with the first message and is not broadcast again. Nobody can send in a direct chat whose other person has gone.',
  'list-messages':
    'Give `page` for pages, `before_seq` for older messages (newest first) or `after_seq` for newer ones (oldest first): one of them. Deleted messages are left out.',
  'get-message': 'A deleted message is answered with `content: null`.',
  'edit-message': 'The sender alone may. A text that is the content already changes nothing.',
  'delete-message': 'The sender and a group’s admins may. Deleting it again changes nothing.',
  'restore-message': 'Whoever may delete it may restore it. Restoring what is not deleted changes nothing.',
  sync: `Names chats as the client has them, and answers what is different; a chat that is as named is left out. Chats are served in the order asked. Ask again with the \`rev\` of the answer while \`has_more\` is true. \`chat\` and \`participants\` are whole when the chat’s own fields or its members changed after your \`rev\`, else null. \`joined\` are chats that you did not name, the latest ${SYNC_JOINED_MAX} at most, \`left\` those that you named and are no longer in.`,
  'issue-ticket': `Connect to \`<websocket_url>?ticket=<ticket>\` within ${TICKET_SECONDS} s. It works once; the connection lasts as long as the access token that you asked with.`,
  'get-stats': 'Counts connections all over the service; the numbers are up to 30 s old.',
  'get-health':
    'Asks every store; nothing of it is kept from an earlier request. A 503 says by `Retry-After` when to ask again.',
  'get-docs': 'Everything that it needs comes from this host.',
};

/** By the id of a schema. */
export const schemaNotes: Readonly<Record<string, string>> = {
  AddParticipantsBody: 'Who is to be added.',
  ChangePasswordBody: 'The old password and the new one.',
  Chat: 'A chat as the caller sees it.',
  ChatAck: 'The answer to `join` and `leave`.',
  ChatCreated: 'You are in a chat that you were not in before.',
  ChatDetail: 'A chat with everyone in it.',
  ChatPage: 'A page of chats.',
  ChatUpdated: 'A chat has another name, or you have another part in it: as you see it now.',
  CreateChatBody: 'A direct chat with one other person, or a group with a name.',
  DeleteAccountBody: 'Your password, once more.',
  EditMessageBody: 'The new text.',
  Error: 'Every answer from 400 up.',
  ErrorFrame: 'A frame was refused. The connection stays open, unless the access token has run out.',
  EventMessage: 'A message inside an event.',
  EventChat: 'A chat inside an event.',
  Health: 'What the service can reach.',
  Info: 'What a client needs to know.',
  JoinFrame: 'Says that you are looking at a chat.',
  LeaveFrame: 'Says that you look at a chat no longer.',
  LoginBody: 'User name or e-mail address, and password.',
  MarkReadBody: 'How far you have read.',
  Message: 'A message. Once deleted, it has no content.',
  MessageAck: 'The answer to `message`: the message is held by both stores.',
  MessageCursorPage: 'Messages before or after a place in the chat.',
  MessageDeleted: 'A message has been deleted.',
  MessageFrame: 'Sends a message.',
  MessagePage: 'A page of messages.',
  MessageRestored: 'A message is no longer deleted.',
  MessageUpdated: 'A message has another content.',
  NewMessage: 'A message has been sent.',
  OnlineUsers: 'Who has a live connection that carries the chat.',
  OwnProfile: 'What you alone see of yourself.',
  Participant: 'Someone in a chat.',
  ParticipantPage: 'A page of participants.',
  ParticipantUpdated: 'Somebody is an admin of the group now, or no longer.',
  ParticipantsAdded: 'Somebody is in the chat now.',
  ParticipantsRemoved: 'Somebody is in the chat no longer.',
  PingFrame: 'Keeps the connection alive.',
  Pong: 'The answer to `ping`.',
  PublicProfile: 'What others see of a user.',
  ReadFrame: 'Moves your read mark forward. Nothing comes back.',
  ReadMark: 'Where your read mark is.',
  ReadReceipt: 'Somebody has read further.',
  RefreshBody: 'The refresh token of the session.',
  RegisterBody: 'A new account.',
  SendMessageBody: 'A message to a chat.',
  SentMessage: 'The message that was sent.',
  Stats: 'Users and connections, up to 30 s ago.',
  SyncAnswer: 'What is different from what the client has.',
  SyncBody: 'The chats that a client holds, and how far.',
  Ticket: 'What to open a connection with.',
  Tokens: 'What a session consists of.',
  TypingFrame: 'Says that you type, or stopped. Nothing comes back.',
  TypingStarted: `Somebody types. Ends by itself after ${TYPING_EXPIRES_MS / 1000} s without renewal.`,
  TypingStopped: 'Somebody types no longer.',
  UpdateChatBody: 'What is to change of a group.',
  UpdateParticipantBody: 'What is to change of a participant.',
  UpdateProfileBody: 'What is to change of you.',
  UserJoined: 'Somebody is looking at the chat.',
  UserLeft: 'Nobody by this user’s name is looking at the chat any more.',
};

const time = '2026-01-31T09:26:53.589Z';

/**
 * By a field's name, wherever it stands. `Schema.field` is about one schema's only, `{field}` about a path's
 * parameter and `?field` about a query's, both before the bare name.
 */
export const fieldNotes: Readonly<Record<string, Note>> = {
  access_token: { description: 'A JWT for `Authorization: Bearer`.', example: 'eyJhbGciOi…' },
  after_seq: { description: 'Messages after this one, oldest first.', example: 12 },
  before_seq: { description: 'Messages before this one, newest first.', example: 12 },
  chat: { description: 'The chat as its receiver sees it.' },
  chat_id: { description: 'The chat.', example: 42 },
  chat_type: { description: 'Between two people, or of a group.', example: 'group' },
  chats: { description: 'The chats, in the order asked.' },
  'SyncBody.chats': { description: 'What you hold; empty for a fresh start.' },
  client_message_id: {
    description: 'The sender’s own id of the message: what is sent twice under it is one message.',
    example: '019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5',
  },
  code: {
    description: 'What went wrong, for programs. Codes are added, never renamed.',
    example: 'chat_not_found',
  },
  content: {
    description: `The text, verbatim: at most ${limits.message_characters} code points, with at least one that can be seen.`,
    example: 'Shall we meet at nine?',
  },
  'TypingFrame.content': { description: 'Whether you began or stopped.', example: 'start' },
  count: { description: 'How many they are.', example: 1 },
  created_at: { description: 'When it came to be.', example: time },
  current_password: { description: 'The password until now.', example: 'correct horse battery' },
  detail: { description: 'What went wrong, for people.', example: errorCatalogue.chat_not_found.detail },
  duplicate: { description: 'It had been sent before, and this is the first one.', example: false },
  'SentMessage.duplicate': { description: 'True when it had been sent before.', omitted: true },
  dynamodb: { description: 'DynamoDB, which holds sessions and connections.' },
  edited_at: { description: 'When its content last changed.', example: null },
  email: { description: 'The e-mail address; nobody else sees it.', example: 'ada@example.org' },
  environment: { description: 'The stage.', example: 'production' },
  errors: { description: 'Where the input is wrong; on every 422.', omitted: true },
  expires_in: { description: 'Seconds until it runs out.', example: 1800 },
  expires_in_ms: { description: 'After how many milliseconds a client ends the indicator by itself.' },
  'TypingStarted.expires_in_ms': { example: TYPING_EXPIRES_MS },
  'TypingStopped.expires_in_ms': { example: 0 },
  features: {
    description: 'What this deployment can do.',
    example: { typing: true, presence: true, idempotent_send: true },
  },
  full_name: { description: 'The name to show.', example: 'Ada Lovelace' },
  has_more: { description: 'Whether there is more to fetch.', example: false },
  id: { description: 'Its id.', example: 7 },
  'Chat.id': { description: 'The chat’s id.', example: 42 },
  'ChatDetail.id': { description: 'The chat’s id.', example: 42 },
  'Message.id': { description: 'The message’s id in paths.', example: 99 },
  'EventMessage.id': { description: 'The message’s id in paths.', example: 99 },
  'SentMessage.id': { description: 'The message’s id in paths.', example: 99 },
  '{id}': { description: 'The message’s `id`.', example: 99 },
  is_active: { description: 'False once closed or deactivated.', example: true },
  is_admin: { description: 'Whether they may manage the group.', example: true },
  is_deleted: { description: 'Whether it has been deleted.', example: false },
  is_edited: { description: 'Whether its content ever changed.', example: false },
  items: { description: 'What was asked for.' },
  joined: { description: 'Chats of yours that you did not name, the latest first.', example: [] },
  joined_at: { description: 'When they came into the chat.', example: time },
  last_message: { description: 'The latest message that is not deleted.' },
  last_read_seq: { description: 'How far this user has read.', example: 12 },
  last_seen: { description: 'When they were last there, up to a minute late.', example: time },
  last_seq: { description: 'The number of the chat’s latest message; 0 before the first.', example: 12 },
  left: { description: 'Chats that you named and are not in.', example: [] },
  limit: { description: 'How many at most.', example: 20 },
  'SyncBody.limit': { description: 'How many messages at most, over all chats.', example: 200 },
  limits: {
    description: 'The limits of this deployment, by name.',
    example: { group_members: limits.group_members, message_characters: limits.message_characters },
  },
  message: { description: 'The message.' },
  'Error.message': { description: 'What is wrong there.' },
  'ErrorFrame.message': { description: 'What is wrong there.' },
  message_id: {
    description: 'The message’s id in both stores.',
    example: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e',
  },
  message_type: { description: 'What kind of content it has.' },
  messages: { description: 'Changed messages, oldest change first.' },
  mongodb: { description: 'MongoDB, which holds contents.' },
  more_joined: { description: 'Whether there are more than these.', example: false },
  mysql: { description: 'MySQL, which holds everything but contents.' },
  name: { description: 'The name of the group; null in a direct chat.', example: 'Analytical engine' },
  'Info.name': { description: 'The name of the service.', example: 'chat-service' },
  'get-root.name': { description: 'The name of the service.', example: 'chat-service' },
  new_password: { description: 'The password from now on.', example: 'a moth in the relay' },
  'RegisterBody.password': {
    description: `${PASSWORD_CHARACTERS_MIN} characters to ${PASSWORD_BYTES_MAX} bytes in UTF-8, in NFC.`,
  },
  'ChangePasswordBody.new_password': {
    description: `The password from now on: ${PASSWORD_CHARACTERS_MIN} characters to ${PASSWORD_BYTES_MAX} bytes in UTF-8, in NFC.`,
  },
  next_after_seq: {
    description: 'The `after_seq` to go on with; null at the end. Only after `after_seq`.',
    omitted: true,
  },
  next_before_seq: {
    description: 'The `before_seq` to go on with; null at the end. Only after `before_seq`.',
    example: null,
  },
  online: { description: 'Whether they have a live connection.', example: true },
  online_users: { description: 'Who is there.' },
  'Stats.online_users': { description: 'Users with a live connection.', example: 2 },
  page: { description: 'Which page, from 1.', example: 1 },
  pages: { description: 'How many pages there are.', example: 1 },
  participant_count: { description: 'How many are in the chat.', example: 2 },
  participant_ids: { description: 'Who else is in it.', example: [8] },
  participants: { description: 'Everyone in the chat.' },
  password: { description: 'The password.', example: 'correct horse battery' },
  path: { description: 'The field, by its place in the input; empty for the whole.' },
  peer: { description: 'The other person, in a direct chat only.', omitted: true },
  q: { description: 'What to look for.', example: 'nine' },
  'search-users.?q': { description: 'The beginning of a name, or of words of it.', example: 'ada' },
  ref: { description: 'Any text of yours; the answer carries it.', example: 'a1' },
  'ErrorFrame.ref': {
    description: 'The frame that this answers: its `client_message_id`, or its `ref`.',
    example: 'a1',
  },
  refresh_token: {
    description: 'Buys the next tokens. Its form is the service’s own.',
    example: '7.019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5.1.Zm9vYmFy.YmFyYmF6',
  },
  retry_after: { description: 'Seconds until another try makes sense; on 429 and 503.', omitted: true },
  rev: { description: 'The chat’s change counter when this last changed.', example: 17 },
  'SyncAnswer.rev': { description: 'The `rev` to ask with next.', example: 17 },
  'SyncAnswer.chat': {
    description: 'The chat as it is now, when its own fields or its members changed; else null.',
  },
  'SyncAnswer.participants': {
    description: 'Who is in the chat now, when its own fields or its members changed; else null.',
  },
  'SyncBody.last_read_seq': {
    description: 'The read mark that you have; without it, the mark is not compared.',
    example: 9,
  },
  'ParticipantUpdated.participant': { description: 'The participant as they are now.' },
  'SyncBody.rev': { description: 'The `rev` that you have.', example: 16 },
  sender_id: { description: 'Who sent it.', example: 7 },
  sender_username: { description: 'The sender’s name when it was read.', example: 'ada' },
  seq: { description: 'The number of a message in its chat: 1, 2, 3 … without gaps.', example: 12 },
  status: { description: 'How it is.' },
  status_code: { description: 'The HTTP status.', example: errorCatalogue.chat_not_found.status },
  timestamp: { description: 'When it happened.', example: time },
  ticket: {
    description: 'A secret for one handshake.',
    example: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE',
  },
  'Ticket.expires_in': { description: 'Seconds until it runs out.', example: TICKET_SECONDS },
  token_type: { description: 'How to present it.' },
  total: { description: 'How many there are on all pages.', example: 1 },
  total_connections: { description: 'Live connections.', example: 3 },
  truncated: { description: 'The event was too large: fetch the message by its id.', omitted: true },
  unread_count: { description: 'Messages after the read mark, of others and not deleted.', example: 0 },
  updated_at: { description: 'When it last changed.', example: time },
  user_id: { description: 'The user.', example: 8 },
  user_ids: { description: 'The users.', example: [8] },
  username: {
    description: `${limits.username_characters_min} to ${limits.username_characters} of letters, digits and _ . -`,
    example: 'ada',
  },
  'LoginBody.username': { description: 'The user name or the e-mail address.', example: 'ada' },
  version: { description: 'The version of the service.', example: '1.0.0' },
  websocket_url: {
    description: 'Where the WebSocket API is.',
    example: 'wss://abc123.execute-api.eu-central-1.amazonaws.com/production',
  },
};

/** Examples of a whole request, by the route's id and a name, where one made of the fields' would not do. */
export const requestExamples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'create-chat': {
    direct: { chat_type: 'direct', participant_ids: [8] },
    group: { chat_type: 'group', name: 'Analytical engine', participant_ids: [8, 9] },
  },
};

/** Examples of a whole answer, by the route's id and the status. */
export const answerExamples: Readonly<Record<string, unknown>> = {
  'get-openapi 200': { openapi: '3.1.0', info: { title: 'Chat service', version: '1.0.0' }, paths: {} },
  'get-asyncapi 200': {
    asyncapi: '3.0.0',
    info: { title: 'Chat service', version: '1.0.0' },
    operations: {},
  },
  'get-docs 200': '<!doctype html>…',
  'get-health 503': {
    status: 'unhealthy',
    mysql: 'connected',
    mongodb: 'unreachable',
    dynamodb: 'connected',
  },
};

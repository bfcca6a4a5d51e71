import { errorCatalogue } from '../contract/errors.ts';
import { EVENT_BYTES_MAX, LEASE_SECONDS, limits } from '../contract/limits.ts';

/** The introduction of the OpenAPI document, ahead of its operations, in Markdown. */
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
the method 405 \`method_not_allowed\` with \`Allow\`. What API Gateway refuses before the service is asked has
\`{"message"}\` alone, on any route: 429 without \`Retry-After\` when the whole service is asked too much, 400 for a
broken escape in a path, 413 for a body over 10 MB, 503 when a function does not answer in time.

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

/** The notes on the tags of routes, in the order of the document. */
export const tagNotes = {
  Users: 'Accounts, sessions and profiles.',
  Chats: 'Direct chats and groups, who is in them, and how far each has read.',
  Messages: 'Sending, changing, finding messages, and catching up with what was missed.',
  Files: 'Pictures, videos and documents: uploaded past the service, and sent in messages.',
  Notifications: 'Devices that are pushed to, and what their users want to be told of.',
  'Real time': 'Who is there now. The events themselves come over the WebSocket.',
  Moderation: 'Reporting, and what moderators do with reports.',
  System: 'The service itself: its state, its limits, its documents.',
} as const;

const time = '2026-01-31T09:26:53.589Z';

/** A field's description in the documents. */
export interface Note {
  readonly description: string;
  /** A value that fits the field's schema. */
  readonly example?: unknown;
}

/**
 * The meaning of a field's name, in every schema and parameter that has this field. A field with a more specific
 * meaning has its own `description` in its schema and ignores the note.
 */
export const fieldNotes: Readonly<Record<string, Note>> = {
  attachment: { description: 'The file.' },
  upload: { description: 'The form by which it is uploaded.' },
  chat: { description: 'The chat as its receiver sees it.' },
  chat_id: { description: 'The chat.', example: 42 },
  chat_type: { description: 'Between two people, or of a group.', example: 'group' },
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
  created_at: { description: 'When it came to be.', example: time },
  detail: { description: 'What went wrong, for people.', example: errorCatalogue.chat_not_found.detail },
  email: { description: 'The e-mail address; nobody else sees it.', example: 'ada@example.org' },
  errors: { description: 'Where the input is wrong; on every 422.' },
  full_name: { description: 'The name to show.', example: 'Ada Lovelace' },
  has_more: { description: 'Whether there is more to fetch.', example: false },
  id: { description: 'Its id.', example: 7 },
  is_active: { description: 'False once closed or deactivated.', example: true },
  is_admin: { description: 'Whether they may manage the group.', example: true },
  items: { description: 'What was asked for.' },
  last_message: { description: 'The latest message that is not deleted.' },
  last_read_seq: { description: 'How far this user has read.', example: 12 },
  last_seen: { description: 'When they were last there, up to a minute late.', example: time },
  last_seq: { description: 'The number of the chat’s latest message; 0 before the first.', example: 12 },
  limit: { description: 'How many at most.', example: 20 },
  message: { description: 'The message.' },
  name: { description: 'The name of the group; null in a direct chat.', example: 'Analytical engine' },
  online: { description: 'Whether they have a live connection.', example: true },
  page: { description: 'Which page, from 1.', example: 1 },
  pages: { description: 'How many pages there are.', example: 1 },
  participant_ids: { description: 'Who else is in it.', example: [8] },
  participants: { description: 'Everyone in the chat.' },
  password: { description: 'The password.', example: 'correct horse battery' },
  ref: {
    description:
      'A text of yours, of at most 128 characters, or a number; the answer carries it as you sent it.',
    example: 'a1',
  },
  retry_after: { description: 'Seconds until another try makes sense; on 429 and 503.' },
  rev: { description: 'The chat’s change counter when this last changed.', example: 17 },
  seq: { description: 'The number of a message in its chat: 1, 2, 3 … without gaps.', example: 12 },
  status: { description: 'How it is.' },
  status_code: { description: 'The HTTP status.', example: errorCatalogue.chat_not_found.status },
  timestamp: { description: 'When it happened.', example: time },
  total: { description: 'How many there are on all pages.', example: 1 },
  mention_count: {
    description: 'Of the unread messages, those that mention the caller or everybody.',
    example: 0,
  },
  unread_count: { description: 'Messages after the read mark, of others and not deleted.', example: 0 },
  user_id: { description: 'The user.', example: 8 },
  user_ids: { description: 'The users.', example: [8] },
  username: {
    description: `${limits.username_characters_min} to ${limits.username_characters} of letters, digits and _ . -`,
    example: 'ada',
  },
  version: { description: 'The version of the service.', example: '1.0.0' },
};

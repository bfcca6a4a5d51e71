import { errorCatalogue } from '../contract/errors.ts';
import { EVENT_BYTES_MAX, LEASE_SECONDS, limits } from '../contract/limits.ts';

/** The introduction of the OpenAPI document, ahead of its operations, in Markdown. */
export const introduction = `
Users, chats and messages over HTTP; live events over a WebSocket. \`GET /api/v1/info\` returns its URL.

**Conventions.** JSON in UTF-8. Timestamps are ISO 8601 in UTC with milliseconds. Ids are numbers, except
\`message_id\`, \`client_message_id\` and the ids of files and sessions, which are UUIDs. Clients must ignore unknown
fields. The path of a collection also works with a trailing slash. Every response of the service has an
\`x-request-id\`.

**Bodies** are validated strictly: an unknown field gets 422, and JSON in which an object has a field twice gets 400.

**Text** must not contain NUL or lone surrogates, and is stored unchanged. A message, a full name and a group's name
contain at least one visible character: neither white space nor default-ignorable in Unicode. Only a message with files
may be empty. Names contain no control or format characters and no line breaks (joiners of emoji, and of scripts that
need them, are allowed), and must not be \`deleted user\`.

**Errors** are \`{"detail", "status_code", "code"}\`: a sentence for people and a stable code for programs. A 422 also
has \`errors\`, which list the invalid places. An unknown path gets 404 \`route_not_found\`, an unsupported method 405
\`method_not_allowed\` with \`Allow\`. Errors of API Gateway itself have only \`{"message"}\`, on any route: 429 without
\`Retry-After\` when the whole service gets too many requests, 400 for a broken escape in a path, 413 for a body over
10 MB, 503 when a function does not respond in time.

**Pages.** Lists take \`page\` and \`limit\`; a page past the end is empty. The history of a chat also takes the cursors
\`before_seq\` and \`after_seq\`, whose cost does not grow with its length.

**Order and repair.** \`seq\` numbers a chat's messages without gaps; \`rev\` counts its changes. A client that missed
events gets everything after its \`rev\` from \`POST /api/v1/sync\`.

**Limits.** Each kind of request has a rate limit per user, a burst and a rate per second; \`limits\` of
\`GET /api/v1/info\` lists them all. Messages: ${limits.sends_burst} and ${limits.sends_per_second}. Other frames, unknown and malformed ones included: ${limits.frames_burst} and ${limits.frames_per_second}.
Changes over HTTP: ${limits.changes_burst} and ${limits.changes_per_second}. Searches: ${limits.searches_burst} and ${limits.searches_per_second}. Tickets: ${limits.tickets_burst} and ${limits.tickets_per_second}.
Log-ins, and refreshes: ${limits.sessions_burst} and ${limits.sessions_per_second} each. Handshakes: ${limits.connects_burst} and ${limits.connects_per_second}. Requests beyond the
limit get 429 \`rate_limited\`, or on a socket an \`error\` frame; the connection stays open. Reads have no limit.

**WebSocket.** Connect to \`<websocket_url>?ticket=<ticket>\` with a ticket of \`POST /api/v1/ws/tickets\`, or to
\`<websocket_url>?token=<access token>\`; add \`&chat_id=<id>\` for only one chat. Every frame is a JSON text frame with
a \`type\`: a client sends \`ClientFrame\`, and receives \`ServerFrame\`. A frame over ${EVENT_BYTES_MAX / 1024} KB closes the
connection; an event over that size carries its message with \`"truncated": true\` and without content. A connection
counts as live for ${LEASE_SECONDS / 60} minutes after its last frame.
`.trim();

/** The notes on the tags of routes, in the order of the document. */
export const tagNotes = {
  Users: 'Accounts, sessions and profiles.',
  Chats: 'Direct chats and groups, their participants and read marks.',
  Messages: 'Sending, changing and finding messages, and syncing missed changes.',
  Files: 'Pictures, videos and documents: uploaded directly to S3, and sent in messages.',
  Notifications: 'Devices that get pushes, and the notification settings of their users.',
  'Real time': 'Who is online. The events themselves arrive over the WebSocket.',
  Moderation: 'Reports, and the actions of moderators.',
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
  upload: { description: 'The form for uploading the file.' },
  chat: { description: 'The chat as its receiver sees it.' },
  chat_id: { description: 'The chat.', example: 42 },
  chat_type: { description: 'A direct chat of two people, or a group.', example: 'group' },
  client_message_id: {
    description: 'The sender’s own id of the message: sending it again stores no second message.',
    example: '019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5',
  },
  code: {
    description: 'What went wrong, for programs. Codes are added, never renamed.',
    example: 'chat_not_found',
  },
  content: {
    description: `The text, verbatim: at most ${limits.message_characters} code points, at least one of them visible. Empty only with files.`,
    example: 'Shall we meet at nine?',
  },
  created_at: { description: 'The time of creation.', example: time },
  detail: { description: 'What went wrong, for people.', example: errorCatalogue.chat_not_found.detail },
  email: { description: 'The e-mail address; nobody else sees it.', example: 'ada@example.org' },
  errors: { description: 'The invalid places of the input; on every 422.' },
  full_name: { description: 'The display name.', example: 'Ada Lovelace' },
  has_more: { description: 'Whether there is more to fetch.', example: false },
  id: { description: 'The id.', example: 7 },
  is_active: { description: 'False for a closed chat or a deactivated account.', example: true },
  is_admin: { description: 'Whether the user is owner or admin of the group.', example: true },
  items: { description: 'The items of the list.' },
  last_message: { description: 'The latest message that is not deleted.' },
  last_read_seq: { description: 'The `seq` up to which the user has read.', example: 12 },
  last_seen: { description: 'When the user was last active; up to a minute late.', example: time },
  last_seq: { description: 'The `seq` of the chat’s latest message; 0 before the first.', example: 12 },
  limit: { description: 'The maximum number of items.', example: 20 },
  message: { description: 'The message.' },
  name: { description: 'The name of the group; null in a direct chat.', example: 'Analytical engine' },
  online: {
    description:
      'Whether the user had a live connection at the time of the response. Connecting and disconnecting have no event: `user_joined` and `user_left` report who opens and closes a chat.',
    example: true,
  },
  page: { description: 'The page number, from 1.', example: 1 },
  pages: { description: 'The number of pages.', example: 1 },
  participant_ids: { description: 'The ids of the other participants.', example: [8] },
  participants: { description: 'The participants of the chat.' },
  password: { description: 'The password.', example: 'correct horse battery' },
  ref: {
    description: 'A text of at most 128 characters, or a number; the reply returns it unchanged.',
    example: 'a1',
  },
  retry_after: { description: 'Seconds to wait before the next attempt; on 429 and 503.' },
  rev: { description: 'The chat’s change counter at the latest change of this object.', example: 17 },
  seq: { description: 'The number of a message in its chat: 1, 2, 3 … without gaps.', example: 12 },
  status: { description: 'The status.' },
  status_code: { description: 'The HTTP status.', example: errorCatalogue.chat_not_found.status },
  timestamp: { description: 'The time of the message or frame.', example: time },
  total: { description: 'The number of items on all pages.', example: 1 },
  mention_count: {
    description: 'The number of unread messages that mention the caller or everybody.',
    example: 0,
  },
  unread_count: {
    description: 'The number of messages of others after the read mark, without deleted ones.',
    example: 0,
  },
  user_id: { description: 'The user.', example: 8 },
  user_ids: { description: 'The users.', example: [8] },
  username: {
    description: `${limits.username_characters_min} to ${limits.username_characters} letters, digits, or the characters _ . -`,
    example: 'ada',
  },
  version: { description: 'The version of the service.', example: '1.0.0' },
};

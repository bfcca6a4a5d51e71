import { limits } from './limits.ts';

/**
 * Every error that the service returns: its HTTP status, and the default message for people, used where the code that
 * throws has no more specific one. The entry's name is its stable code, unless the entry sets `code`.
 *
 * Codes are part of the public interface: add, never rename.
 */
export const errorCatalogue = {
  malformed_json: { status: 400, detail: 'The body is not valid JSON in UTF-8, or names a field twice.' },
  invalid_credentials: { status: 401, detail: 'The username or the password is wrong.' },
  totp_required: {
    status: 401,
    detail: 'This account has a second factor: send one of its codes, or a recovery code, as totp.',
  },
  invalid_totp: {
    status: 401,
    detail: 'The code is wrong or was used before. Wait for the next one, or use a recovery code.',
  },
  not_authenticated: { status: 401, detail: 'Send an access token: Authorization: Bearer <token>.' },
  invalid_token: { status: 401, detail: 'The access token is not valid. Log in again.' },
  token_expired: { status: 401, detail: 'The access token has expired. Refresh it or log in again.' },
  session_revoked: { status: 401, detail: 'This session has been ended. Log in again.' },
  invalid_refresh_token: { status: 401, detail: 'The refresh token is not valid. Log in again.' },
  refresh_token_reused: {
    status: 401,
    detail: 'This refresh token was used before, so its session has been ended. Log in again.',
  },
  account_suspended: { status: 403, detail: 'This account is suspended.' },
  not_moderator: { status: 403, detail: 'Only moderators may do this.' },
  cannot_suspend_user: {
    status: 403,
    detail: 'You cannot suspend yourself or another moderator. The configuration names the moderators.',
  },
  wrong_password: { status: 403, detail: 'The password is wrong.' },
  not_group_admin: {
    status: 403,
    detail: 'Only an admin of a group may do this. A direct chat has no admins.',
  },
  not_chat_owner: { status: 403, detail: 'Only the owner of the group may do this.' },
  cannot_message_user: { status: 403, detail: 'You and this person cannot send to each other.' },
  cannot_add_user: { status: 403, detail: 'You cannot add this person.' },
  posting_not_allowed: { status: 403, detail: 'Only admins may send to this group.' },
  banned: { status: 403, detail: 'You or a user in this request is banned from the group.' },
  not_message_sender: {
    status: 403,
    detail: 'Only the sender may change the message. Admins of a group may also delete and restore it.',
  },
  chat_not_found: { status: 404, detail: 'There is no such chat, or you are not in it.' },
  message_not_found: { status: 404, detail: 'There is no such message, or you are not in its chat.' },
  participant_not_found: { status: 404, detail: 'This user is not in the chat.' },
  attachment_not_found: {
    status: 404,
    detail: 'There is no such file, or you are not in the chat of its message.',
  },
  session_not_found: { status: 404, detail: 'You have no such session, or it has ended.' },
  invite_not_found: { status: 404, detail: 'There is no such invitation, or it has been revoked.' },
  report_not_found: { status: 404, detail: 'There is no such report.' },
  device_not_found: { status: 404, detail: 'You have no such device.' },
  profile_not_found: { status: 404, code: 'user_not_found', detail: 'There is no such user.' },
  route_not_found: { status: 404, detail: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, detail: 'This address does not support this method.' },
  username_taken: { status: 409, detail: 'This username is taken.' },
  email_taken: { status: 409, detail: 'This e-mail address is taken.' },
  totp_enabled: { status: 409, detail: 'The account already has a second factor: remove it first.' },
  totp_not_enabled: { status: 409, detail: 'The account has no second factor.' },
  totp_not_started: { status: 409, detail: 'There is no second factor to confirm: begin one first.' },
  too_many_connections: {
    status: 409,
    detail: 'You have too many connections, so the oldest, this one, was closed.',
  },
  last_admin: { status: 409, detail: 'A group needs at least one admin: make someone else admin first.' },
  message_deleted: { status: 409, detail: 'The message has been deleted.' },
  message_removed: { status: 409, detail: 'A moderator removed this message: it cannot be restored.' },
  report_resolved: { status: 409, detail: 'This report is already resolved.' },
  restore_window_over: {
    status: 409,
    detail: `A message can be restored for ${limits.restore_days} days after it was deleted.`,
  },
  upload_missing: { status: 409, detail: 'The file has not been uploaded yet: post it to upload.url first.' },
  storage_full: {
    status: 409,
    detail: 'Your storage is full. Delete some of your files first.',
  },
  attachment_not_ready: { status: 409, detail: 'A file in this request has not been completed yet.' },
  attachment_in_use: { status: 409, detail: 'The file is already in use: in a message, or as an avatar.' },
  invite_expired: { status: 410, detail: 'The invitation has expired. Ask for another one.' },
  invite_used_up: {
    status: 410,
    detail: 'The invitation has been used up. Ask for another one.',
  },
  file_too_large: { status: 413, detail: 'The file is too large.' },
  body_too_large: { status: 413, detail: 'The request body is too large.' },
  unsupported_media_type: { status: 415, detail: 'Send the body as application/json.' },
  validation_failed: { status: 422, detail: 'The request does not fit the schema; see errors.' },
  invalid_token_given: {
    status: 422,
    detail: 'This token is not valid: it was used, has expired, or a newer one was sent. Ask for another.',
  },
  unknown_frame_type: { status: 422, detail: 'There is no frame of this type.' },
  user_not_found: { status: 422, detail: 'A user in this request does not exist.' },
  too_many_blocks: {
    status: 422,
    detail: 'You have blocked the maximum number of people: unblock somebody first.',
  },
  too_many_chats: {
    status: 422,
    detail:
      'You are in the maximum number of chats, or a user in this request is in too many for others to add them.',
  },
  unknown_attachment: {
    status: 422,
    code: 'attachment_not_found',
    detail: 'A file in this request does not exist, is not yours, or was uploaded for another purpose.',
  },
  avatar_not_image: {
    status: 422,
    code: 'file_rejected',
    detail: 'An avatar must be an image: JPEG, PNG, WebP, GIF or AVIF.',
  },
  file_rejected: {
    status: 422,
    detail: 'The file is not what it was declared as, or could not be read. It has been removed.',
  },
  reply_target_not_found: {
    status: 422,
    detail: 'The message to reply to is not in this chat, or has been deleted.',
  },
  too_many_reactions: {
    status: 422,
    detail: 'The message has the maximum number of different reactions: use one of those.',
  },
  endpoint_not_allowed: {
    status: 422,
    detail: 'The endpoint does not belong to a supported push service.',
  },
  too_many_pins: {
    status: 422,
    detail: 'The chat has the maximum number of pinned messages: unpin one first.',
  },
  too_many_invites: {
    status: 422,
    detail: 'The group has the maximum number of invitations: revoke one first.',
  },
  group_full: { status: 422, detail: `A group has at most ${limits.group_members} members.` },
  slow_mode: { status: 429, detail: 'The group is in slow mode. Wait until you may send again.' },
  rate_limited: { status: 429, detail: 'Too many requests. Try again later.' },
  internal_error: { status: 500, detail: 'Something went wrong on our side. Nothing more is known yet.' },
  store_unavailable: { status: 503, detail: 'A store is not answering at the moment. Try again shortly.' },
} as const satisfies Record<string, { status: number; detail: string; code?: string }>;

/** The name of an error in the catalogue. */
export type ErrorName = keyof typeof errorCatalogue;

/** The stable code that clients see. */
export const codeOf = (name: ErrorName): string => {
  const error = errorCatalogue[name];
  return 'code' in error ? error.code : name;
};

export const errorNames = Object.keys(errorCatalogue) as ErrorName[];

/** All codes, each once. */
export const errorCodes = [...new Set(errorNames.map(codeOf))] as [string, ...string[]];

/** Seconds until a client may retry after a store did not respond. */
export const STORE_RETRY_SECONDS = 5;

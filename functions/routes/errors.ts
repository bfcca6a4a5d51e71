/**
 * Every error that the service answers with: its stable code, HTTP status and the sentence that a person
 * reads when the place that raised it has nothing more exact to say.
 *
 * Codes are part of the public interface: add, never rename.
 */
export const errorCatalogue = {
  malformed_json: { status: 400, detail: 'The body is not valid JSON in UTF-8.' },
  invalid_credentials: { status: 401, detail: 'The username or the password is wrong.' },
  not_authenticated: { status: 401, detail: 'Send an access token: Authorization: Bearer <token>.' },
  invalid_token: { status: 401, detail: 'The access token is not valid. Log in again.' },
  token_expired: { status: 401, detail: 'The access token has run out. Refresh it or log in again.' },
  session_revoked: { status: 401, detail: 'This session has been ended. Log in again.' },
  chat_not_found: { status: 404, detail: 'There is no such chat, or you are not in it.' },
  route_not_found: { status: 404, detail: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, detail: 'This address does not answer to that method.' },
  username_taken: { status: 409, detail: 'This username is taken.' },
  email_taken: { status: 409, detail: 'This e-mail address is taken.' },
  body_too_large: { status: 413, detail: 'The request body is too large.' },
  unsupported_media_type: { status: 415, detail: 'Send the body as application/json.' },
  validation_failed: { status: 422, detail: 'The request does not fit the schema; see errors.' },
  unknown_frame_type: { status: 422, detail: 'There is no frame of this type.' },
  user_not_found: { status: 422, detail: 'Not every user named here exists.' },
  group_full: { status: 422, detail: 'A group has at most 100 members.' },
  rate_limited: { status: 429, detail: 'Too many requests. Try again later.' },
  internal_error: { status: 500, detail: 'Something went wrong on our side. Nothing more is known yet.' },
  store_unavailable: { status: 503, detail: 'A store is not answering at the moment. Try again shortly.' },
} as const satisfies Record<string, { status: number; detail: string }>;

/** A stable error code, as clients see it in `code`. */
export type ErrorCode = keyof typeof errorCatalogue;

/** All codes, in the order of the catalogue. */
export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** Seconds after which a client may try again when a store did not answer. */
export const STORE_RETRY_SECONDS = 5;

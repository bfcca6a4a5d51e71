import type { AnyErrorCode } from '../chat-client.ts';

/**
 * The outcome of jumping to a message. Another jump, or the way back to the newest messages, may supersede it
 * (`overtaken`).
 */
export type Jump = 'there' | 'deleted' | 'failed' | 'overtaken';

/** Why something could not be loaded. */
export interface LoadError {
  /** The service's code, such as `chat_not_found`; `unreachable` when there was no response of the service. */
  readonly code: AnyErrorCode;
  /** The HTTP status; 0 without a response. */
  readonly status: number;
}

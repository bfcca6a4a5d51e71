import type { PushResponse } from '../gateways/push-request.ts';
import type { PushWork } from './work.ts';

/** The outcome of sending a push. */
export type PushOutcome =
  | { readonly outcome: 'sent' }
  /** The push service does not know the device any more. */
  | { readonly outcome: 'gone' }
  /** A retry may succeed: after `seconds`, when the service says so. */
  | { readonly outcome: 'later'; readonly seconds: number | null }
  /** A retry will not succeed, and the device is not the reason. */
  | { readonly outcome: 'refused'; readonly status: number };

/** Sends a push to a device through its push service. @throws when the service does not respond */
export type PushSender = (work: PushWork) => Promise<PushOutcome>;

/** The outcome by status alone, for services that report it by the status. */
export const outcomeOf = ({ status, retryAfter }: PushResponse): PushOutcome => {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  if (status === 404 || status === 410) return { outcome: 'gone' };
  if (status === 429 || status >= 500) return { outcome: 'later', seconds: retryAfter };
  return { outcome: 'refused', status };
};

import type { PushResponse } from '../gateways/push-request.ts';
import type { PushWork } from './work.ts';

/** What became of a push. */
export type PushOutcome =
  | { readonly outcome: 'sent' }
  /** The device is known to its push service no longer. */
  | { readonly outcome: 'gone' }
  /** It may go well later: after so many seconds, where the service says. */
  | { readonly outcome: 'later'; readonly seconds: number | null }
  /** It will never go well, and the device is not the reason. */
  | { readonly outcome: 'refused'; readonly status: number };

/** Sends a push to a device, by whichever service. @throws when the service does not answer */
export type PushSender = (work: PushWork) => Promise<PushOutcome>;

/** What an answer's status says, for services that say it by the status alone. */
export const outcomeOf = ({ status, retryAfter }: PushResponse): PushOutcome => {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  if (status === 404 || status === 410) return { outcome: 'gone' };
  if (status === 429 || status >= 500) return { outcome: 'later', seconds: retryAfter };
  return { outcome: 'refused', status };
};

import { ChatError } from '../../client/chat-client.ts';

/**
 * Turns the service's message about one field into a sentence: these messages have neither a subject nor a full stop.
 */
export const sentenceOfIssue = (message: string): string =>
  message === 'Is required' ? 'This is required.' : `${message}${/[.!?]$/.test(message) ? '' : '.'}`;

const endOfSuspension = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

/** Turns the service's message about a suspension into one with a human-readable end. */
export const suspensionOf = (detail: string): string =>
  detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, (end) => endOfSuspension.format(new Date(end)));

/** The message that the user sees for an error. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof ChatError) {
    if (error.code === 'account_suspended') return suspensionOf(error.message);
    const [issue] = error.errors;
    // When the issue concerns the whole input, the error's own message says more.
    return issue === undefined || issue.path === '' ? error.message : sentenceOfIssue(issue.message);
  }
  // Node.js, in which tests run, has a `navigator` without `onLine`.
  return 'onLine' in navigator && navigator.onLine
    ? 'The service cannot be reached at the moment.'
    : 'You are offline.';
};

import { ChatError } from '../../client/chat-client.ts';

/** What the service says of one field, as a sentence: its messages have neither subject nor full stop. */
export const sentenceOfIssue = (message: string): string =>
  message === 'Is required' ? 'This is required.' : `${message}${/[.!?]$/.test(message) ? '' : '.'}`;

const endOfSuspension = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

/** What the service says of a suspension, with its end as people write it. */
export const suspensionOf = (detail: string): string =>
  detail.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, (end) => endOfSuspension.format(new Date(end)));

/** What a person reads when something did not work. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof ChatError) {
    if (error.code === 'account_suspended') return suspensionOf(error.message);
    const [issue] = error.errors;
    // Of the whole input, the error's own sentence says more.
    return issue === undefined || issue.path === '' ? error.message : sentenceOfIssue(issue.message);
  }
  // Node.js, in which tests run, has a navigator without it.
  return 'onLine' in navigator && navigator.onLine
    ? 'The service cannot be reached at the moment.'
    : 'You are offline.';
};

import type { CreateReportBody, Report } from '../../client/types.ts';

/** What is wrong with it, as people say it. */
export const reasons = {
  spam: 'Spam',
  harassment: 'Harassment or hate',
  illegal: 'Something illegal',
  other: 'Something else',
} as const satisfies Record<CreateReportBody['reason'], string>;

/** What a report is about, in a few words. */
export const subjectOf = ({ kind, user, chat }: Report): string => {
  if (kind === 'chat') return `The group ${chat?.name ?? ''}`;
  const who = user === null ? 'somebody who is gone' : `@${user.username}`;
  return kind === 'user' ? who : `A message of ${who}`;
};

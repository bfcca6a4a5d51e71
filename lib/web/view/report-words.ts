import type { CreateReportBody, Report } from '../../client/types.ts';

/** The reasons of reports, as the page shows them. */
export const reasons = {
  spam: 'Spam',
  harassment: 'Harassment or hate',
  illegal: 'Something illegal',
  other: 'Something else',
} as const satisfies Record<CreateReportBody['reason'], string>;

/** The subject of a report, in a few words. */
export const subjectOf = ({ kind, user, chat }: Report): string => {
  if (kind === 'chat') return `The group ${chat?.name ?? ''}`;
  const who = user === null ? 'somebody who is gone' : `@${user.username}`;
  return kind === 'user' ? who : `A message of ${who}`;
};

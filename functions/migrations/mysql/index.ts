import type { Migration } from 'kysely/migration';
import * as conversation from './0001-conversation.ts';
import * as changes from './0002-changes.ts';
import * as jobs from './0003-jobs.ts';
import * as changeMessage from './0004-change-message.ts';
import * as lockFirst from './0005-lock-first.ts';
import * as departures from './0006-departures.ts';
import * as listMessages from './0007-list-messages.ts';
import * as listMessagesOnce from './0023-list-messages-once.ts';
import * as nameParts from './0009-name-parts.ts';
import * as detailsRev from './0012-details-rev.ts';
import * as reactions from './0013-reactions.ts';
import * as files from './0016-files.ts';
import * as roles from './0018-roles.ts';
import * as notifications from './0019-notifications.ts';
import * as repliesAndMentions from './0014-replies-and-mentions.ts';
import * as pins from './0015-pins.ts';
import * as avatars from './0017-avatars.ts';
import * as accounts from './0020-accounts.ts';
import * as moderation from './0021-moderation.ts';
import * as appendMessage from './0024-append-message.ts';

/** Every migration, in order. Forward only: a released migration is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-conversation': conversation,
  '0002-changes': changes,
  '0003-jobs': jobs,
  '0004-change-message': changeMessage,
  '0005-lock-first': lockFirst,
  '0006-departures': departures,
  '0007-list-messages': listMessages,
  '0009-name-parts': nameParts,
  '0012-details-rev': detailsRev,
  '0013-reactions': reactions,
  '0014-replies-and-mentions': repliesAndMentions,
  '0015-pins': pins,
  '0016-files': files,
  '0017-avatars': avatars,
  '0018-roles': roles,
  '0019-notifications': notifications,
  '0020-accounts': accounts,
  '0021-moderation': moderation,
  '0023-list-messages-once': listMessagesOnce,
  '0024-append-message': appendMessage,
};

import type { Migration } from 'kysely/migration';
import * as conversation from './0001-conversation.ts';

/** Every migration in order. Forward only: a landed migration is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-conversation': conversation,
};

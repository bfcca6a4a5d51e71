import { signal } from '@preact/signals';
import type { CreateReportBody } from '../../client/types.ts';
import type { Person } from './people.ts';

/** The subject of a report: one of the service's three kinds, and the label that the page shows for it. */
export interface ReportSubject {
  readonly about: Pick<CreateReportBody, 'message_id' | 'user_id' | 'chat_id'>;
  readonly label: string;
  /** The user whom the reporter could block as well. */
  readonly person?: Person;
}

/** A window that can be opened from several menus. */
export type DialogRequest =
  | { readonly kind: 'block'; readonly person: Person }
  | { readonly kind: 'suspend'; readonly person: Person }
  | ({ readonly kind: 'report' } & ReportSubject);

/** The window that is currently open, if any. */
export const openedDialog = signal<DialogRequest | undefined>(undefined);

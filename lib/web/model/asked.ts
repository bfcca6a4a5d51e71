import { signal } from '@preact/signals';
import type { CreateReportBody } from '../../client/types.ts';
import type { Person } from './people.ts';

/** What a report is about: one of the service's three kinds, and what it is called on the page. */
export interface Reported {
  readonly about: Pick<CreateReportBody, 'message_id' | 'user_id' | 'chat_id'>;
  readonly label: string;
  /** Who could be blocked as well. */
  readonly person?: Person;
}

/** A window that menus in many places open. */
export type Asked =
  | { readonly kind: 'block'; readonly person: Person }
  | { readonly kind: 'suspend'; readonly person: Person }
  | ({ readonly kind: 'report' } & Reported);

/** The window that is open, if any. */
export const asked = signal<Asked | undefined>(undefined);

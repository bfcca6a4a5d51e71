import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createTicketStore, type TicketStore } from './stores/tickets.ts';

export interface TicketEffects {
  readonly tickets: TicketStore;
  readonly clock: Clock;
}

/** The tickets of this stage. @param need the need that the calling function declares */
export const liveTickets = (need: 'issue-tickets' | 'redeem-tickets'): TicketEffects => ({
  tickets: createTicketStore(dynamodb, () => environmentOf(need).SESSIONS_TABLE),
  clock: systemClock,
});

/** The hash under which a ticket is stored: SHA-256 in base64url. */
export const hashTicket = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url');

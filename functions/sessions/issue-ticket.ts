import { randomBytes } from 'node:crypto';
import { TICKET_SECONDS } from '../contract/limits.ts';
import { epochSeconds } from '../platform/clock.ts';
import type { Actor } from './actor.ts';
import { hashTicket, liveTickets, type TicketEffects } from './tickets.ts';

/**
 * Issues a secret for the URL of one handshake, so that no access token appears in a URL. A ticket can be redeemed once,
 * within `TICKET_SECONDS`.
 */
export const issueTicket = async (
  actor: Actor,
  { tickets, clock }: TicketEffects = liveTickets('issue-tickets'),
): Promise<{ ticket: string; expires_in: number }> => {
  const ticket = randomBytes(32).toString('base64url');
  await tickets.insert(hashTicket(ticket), actor, epochSeconds(clock()) + TICKET_SECONDS);
  return { ticket, expires_in: TICKET_SECONDS };
};

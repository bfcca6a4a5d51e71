import { createHash, randomBytes } from 'node:crypto';
import { TICKET_SECONDS } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import type { Actor } from './actor.ts';
import { createTicketStore, type TicketStore } from './stores/tickets.ts';

export interface TicketEffects {
  readonly tickets: TicketStore;
  readonly clock: Clock;
}

const effectsOf = (need: 'issue-tickets' | 'redeem-tickets'): TicketEffects => ({
  tickets: createTicketStore(dynamodb, () => environmentOf(need).SESSIONS_TABLE),
  clock: systemClock,
});

const hashTicket = (ticket: string): string => createHash('sha256').update(ticket).digest('base64url');

/** A secret for the address of one handshake, so that no access token stands in a URL. Good once, for a minute. */
export const issueTicket = async (
  actor: Actor,
  { tickets, clock }: TicketEffects = effectsOf('issue-tickets'),
): Promise<{ ticket: string; expires_in: number }> => {
  const ticket = randomBytes(32).toString('base64url');
  await tickets.insert(hashTicket(ticket), actor, epochSeconds(clock()) + TICKET_SECONDS);
  return { ticket, expires_in: TICKET_SECONDS };
};

/**
 * Who a ticket was issued to; it is used up by asking. The connection lasts as long as the access token that the
 * ticket was asked for with.
 *
 * @throws ServiceError `invalid_token`
 */
export const redeemTicket = async (
  ticket: string,
  { tickets, clock }: TicketEffects = effectsOf('redeem-tickets'),
): Promise<Actor> => {
  const holder = await tickets.take(hashTicket(ticket), epochSeconds(clock()));
  if (holder === undefined) throw new ServiceError('invalid_token');
  return holder;
};

import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import type { Actor } from './actor.ts';
import { hashTicket, liveTickets, type TicketEffects } from './tickets.ts';

/**
 * Redeems a ticket; it cannot be redeemed again. The connection lasts as long as the access token with which the
 * ticket was issued.
 *
 * @returns the user to whom the ticket was issued
 * @throws ServiceError `invalid_token`
 */
export const redeemTicket = async (
  ticket: string,
  { tickets, clock }: TicketEffects = liveTickets('redeem-tickets'),
): Promise<Actor> => {
  const holder = await tickets.take(hashTicket(ticket), epochSeconds(clock()));
  if (holder === undefined) throw new ServiceError('invalid_token');
  return holder;
};

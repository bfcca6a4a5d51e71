import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../../functions/sessions/actor.ts';
import type { TicketStore } from '../../functions/sessions/stores/tickets.ts';
import { issueTicket } from '../../functions/sessions/issue-ticket.ts';
import { redeemTicket } from '../../functions/sessions/redeem-ticket.ts';

const holder: Actor = { userId: 7, username: 'ada', sessionId: 'session', tokenExpiresAt: 1800 };

/** Tickets in memory, with a clock that the test moves. */
const createEffects = () => {
  const stored = new Map<string, { holder: Actor; expiresAt: number }>();
  const tickets: TicketStore = {
    insert: async (hash, ticketHolder, expiresAt) => {
      stored.set(hash, { holder: ticketHolder, expiresAt });
    },
    take: async (hash, now) => {
      const found = stored.get(hash);
      stored.delete(hash);
      return found === undefined || found.expiresAt <= now ? undefined : found.holder;
    },
  };
  let seconds = 1000;
  return {
    stored,
    effects: { tickets, clock: () => new Date(seconds * 1000) },
    wait: (more: number) => {
      seconds += more;
    },
  };
};

test('a ticket stands for whom it was issued to, and is not itself in the store', async () => {
  const { stored, effects } = createEffects();
  const { ticket, expires_in: expiresIn } = await issueTicket(holder, effects);
  assert.equal(expiresIn, 60);
  assert.ok(![...stored.keys()].some((key) => key.includes(ticket)));
  assert.deepEqual(await redeemTicket(ticket, effects), holder);
  await assert.rejects(redeemTicket(ticket, effects), { code: 'invalid_token' });
});

test('a ticket is good for a minute', async () => {
  const { effects, wait } = createEffects();
  const early = await issueTicket(holder, effects);
  const late = await issueTicket(holder, effects);
  wait(59);
  assert.deepEqual(await redeemTicket(early.ticket, effects), holder);
  wait(1);
  await assert.rejects(redeemTicket(late.ticket, effects), { code: 'invalid_token' });
});

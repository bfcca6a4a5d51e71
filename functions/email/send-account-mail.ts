import { mailService, type MailService } from '../gateways/mail-service.ts';
import { environmentOf } from '../platform/environment.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { withinRecipientLimit } from '../rate-limits/mail-limits.ts';
import { newAccountToken, TOKEN_SECONDS } from './account-tokens.ts';
import { accountTokens } from './live.ts';
import type { MailRequest } from './mail-request.ts';
import { writeMail } from './mail-texts.ts';
import type { AccountTokenStore } from './stores/account-tokens.ts';

export interface SendAccountMailEffects {
  readonly tokens: Pick<AccountTokenStore, 'findUnverified' | 'findByEmail' | 'put'>;
  /** Sends one of the mails per hour that an address may get. @returns undefined when there are no more */
  readonly withinLimit: <T>(email: string, send: () => Promise<T>) => Promise<T | undefined>;
  /** Undefined where the stage sends no mails. */
  readonly mails: () => MailService | undefined;
  readonly pageUrl: () => string;
  readonly clock: Clock;
}

const liveEffects: SendAccountMailEffects = {
  tokens: accountTokens,
  withinLimit: (email, send) => withinRecipientLimit(email, send),
  mails: mailService,
  pageUrl: () => environmentOf('send-mail').PAGE_URL,
  clock: systemClock,
};

/**
 * - `nobody`: no active user has the address, or the address is verified already
 * - `off`: the stage sends no mails
 * - `too_many`: the address has reached its limit of mails per hour
 */
export type MailOutcome = 'sent' | 'nobody' | 'off' | 'too_many';

/**
 * Sends a mail with a new token, which replaces the previous one. A failed run is retried with another new token; a
 * token that the failed run may have sent is then no longer valid.
 *
 * @throws Error when a store or SES fails
 */
export const sendAccountMail = async (
  request: MailRequest,
  effects: SendAccountMailEffects = liveEffects,
): Promise<MailOutcome> => {
  const { tokens, clock } = effects;
  const mails = effects.mails();
  if (mails === undefined) return 'off';
  const to = await (request.kind === 'reset'
    ? tokens.findByEmail(request.email)
    : tokens.findUnverified(request.user_id));
  if (to === undefined) return 'nobody';
  // Checked before storing a token, so that the previously sent one stays valid.
  const outcome = await effects.withinLimit(to.email, async (): Promise<MailOutcome> => {
    const purpose = request.kind;
    const { token, hash } = newAccountToken();
    const expiresAt = new Date(clock().getTime() + TOKEN_SECONDS[purpose] * 1000);
    if (!(await tokens.put(to, { purpose, hash, expiresAt }))) return 'nobody';
    await mails.send(writeMail(purpose, to, token, effects.pageUrl()));
    return 'sent';
  });
  return outcome ?? 'too_many';
};

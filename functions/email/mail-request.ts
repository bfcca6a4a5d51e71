import * as z from 'zod';

/**
 * What the function that sends mails is asked for. It names who is to be written to, and neither a token nor a text: those
 * are made where they are sent, so that the queue of requests holds no secret.
 */
export const MailRequest = z.discriminatedUnion('kind', [
  /** To confirm the e-mail address of a user. */
  z.object({ kind: z.literal('verification'), user_id: z.int().positive() }),
  /** To set a new password, for whoever has this address; nobody may have it. */
  z.object({ kind: z.literal('reset'), email: z.string() }),
]);
export type MailRequest = z.infer<typeof MailRequest>;

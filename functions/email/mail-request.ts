import * as z from 'zod';

/**
 * The request to the function that sends mails. It names the recipient, but contains neither a token nor a text: the
 * sending function generates those, so that the queue holds no secret.
 */
export const MailRequest = z.discriminatedUnion('kind', [
  /** To verify the e-mail address of a user. */
  z.object({ kind: z.literal('verification'), user_id: z.int().positive() }),
  /** To set a new password, for the user with this address, if there is one. */
  z.object({ kind: z.literal('reset'), email: z.string() }),
]);
export type MailRequest = z.infer<typeof MailRequest>;

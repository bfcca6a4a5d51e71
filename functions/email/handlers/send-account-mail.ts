import { internalHandler } from '../../transport/internal.ts';
import { sendAccountMail as route } from '../contract.ts';
import { MailRequest } from '../mail-request.ts';
import { sendAccountMail } from '../send-account-mail.ts';

export const handler = internalHandler(
  route,
  MailRequest,
  (request) => sendAccountMail(request),
  (outcome) => ({ outcome }),
);

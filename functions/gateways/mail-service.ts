import { awsLocation, environmentOf, type AwsLocation } from '../platform/environment.ts';
import { signedRequestsTo } from './signed-request.ts';

/** A mail to one recipient. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same text for mail programs that show HTML. */
  readonly html: string;
}

export interface MailService {
  /** @throws Error when SES does not accept the mail; its message contains neither the recipient nor the text */
  send(mail: Mail): Promise<void>;
}

const TIMEOUT_MS = 5000;

/**
 * Amazon SES, through `SendEmail` of its API v2.
 *
 * @param sender the sender's address, and the configuration set that reports bounces
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export const createMailService = (
  sender: { readonly from: string; readonly configurationSet: string },
  { region, endpoint }: AwsLocation,
): MailService => {
  const send = signedRequestsTo({
    name: 'ses',
    region,
    endpoint: endpoint ?? `https://email.${region}.amazonaws.com`,
    answerTimeoutMs: TIMEOUT_MS,
  });
  const content = (Data: string) => ({ Data, Charset: 'UTF-8' });
  return {
    send: async ({ to, subject, text, html }) => {
      const response = await send({
        path: '/v2/email/outbound-emails',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          FromEmailAddress: sender.from,
          Destination: { ToAddresses: [to] },
          Content: {
            Simple: { Subject: content(subject), Body: { Text: content(text), Html: content(html) } },
          },
          ConfigurationSetName: sender.configurationSet,
        }),
      });
      // SES's own error message contains the recipient's address.
      if (response.status !== 200) {
        const type = response.header('x-amzn-errortype')?.split(':')[0] ?? '';
        throw new Error(`SES answered ${response.status} ${type}`.trimEnd());
      }
    },
  };
};

let service: MailService | undefined;

/** The mail service of this stage; undefined where the stage sends no mails. */
export const mailService = (): MailService | undefined => {
  const { MAIL_FROM, MAIL_CONFIGURATION_SET } = environmentOf('send-mail');
  if (MAIL_FROM === '') return undefined;
  return (service ??= createMailService(
    { from: MAIL_FROM, configurationSet: MAIL_CONFIGURATION_SET },
    awsLocation('SESV2'),
  ));
};

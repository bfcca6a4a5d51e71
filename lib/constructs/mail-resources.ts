import { sendAccountMail } from '../../functions/email/contract.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { functionNameOf } from './route-function.ts';
import type { MailResources } from './stage-resources.ts';

/** The name of the configuration set that a stage sends with. */
export const configurationSetName = ({ stage }: Pick<StageConfig, 'stage'>): string =>
  `chat-service-${stage}`;

/** The domain that SES has to know: that of the sender. */
export const domainOf = ({ from }: NonNullable<StageConfig['mail']>): string =>
  from.slice(from.lastIndexOf('@') + 1);

/** What functions are given to have mails sent and to send them: names, so that no stack waits for another. */
export const mailResourcesOf = (config: StageConfig): MailResources => {
  const { mail, corsOrigins } = config;
  return {
    functionName: functionNameOf(sendAccountMail, config),
    pageUrl: mail?.pageUrl ?? corsOrigins[0] ?? '',
    ...(mail === undefined
      ? {}
      : {
          sender: {
            from: mail.from,
            configurationSet: configurationSetName(config),
          },
        }),
  };
};

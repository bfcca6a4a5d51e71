import { sendAccountMail } from '../../functions/email/contract.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { functionNameOf } from './route-function.ts';
import type { MailResources } from './stage-resources.ts';

/** The name of the configuration set with which a stage sends mails. */
export const configurationSetName = ({ stage }: Pick<StageConfig, 'stage'>): string =>
  `chat-service-${stage}`;

/** The domain that SES must verify: that of the sender. */
export const domainOf = ({ from }: NonNullable<StageConfig['mail']>): string =>
  from.slice(from.lastIndexOf('@') + 1);

/** The resources for requesting and sending mails, as names, so that stacks do not depend on each other. */
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

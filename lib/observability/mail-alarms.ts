import { Duration } from 'aws-cdk-lib/core';
import { sendAccountMail } from '../../functions/email/contract.ts';
import { metricOf, type AlarmDefinition } from './alarm-definition.ts';
import { functionNameOf, type Monitored } from './monitored.ts';

/** SES's own share of what bounced or was complained of, of all that the account sends from the region. */
const reputation = (name: string) => metricOf('AWS/SES', name, {}, 'Maximum', Duration.hours(1));

/** Mails, where the stage sends any: whether they leave, and whether SES goes on sending them. */
export const mailAlarms = ({ config }: Monitored): AlarmDefinition[] => {
  if (config.mail === undefined) return [];
  const ofFunction = (name: string) =>
    metricOf('AWS/Lambda', name, { FunctionName: functionNameOf(config, sendAccountMail.id) }, 'Sum');
  return [
    {
      id: 'mail-errors',
      summary: 'Mails are not sent',
      metric: ofFunction('Errors'),
      threshold: 3,
      periods: 3,
      datapoints: 2,
    },
    {
      id: 'mail-given-up',
      summary: 'A mail was given up after three attempts, or after an hour',
      metric: ofFunction('AsyncEventsDropped'),
      threshold: 1,
      periods: 1,
    },
    {
      id: 'mail-bounces',
      summary: 'More than 4% of the mails bounce: at 5% AWS looks at the account, at 10% it stops it',
      metric: reputation('Reputation.BounceRate'),
      threshold: 0.04,
      periods: 1,
    },
    {
      id: 'mail-complaints',
      summary: 'More than 0.08% of the mails are called spam: at 0.1% AWS looks at the account',
      metric: reputation('Reputation.ComplaintRate'),
      threshold: 0.0008,
      periods: 1,
    },
  ];
};

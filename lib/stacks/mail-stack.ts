import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import {
  ConfigurationSet,
  ConfigurationSetEventDestination,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { configurationSetName, domainOf } from '../constructs/mail-resources.ts';

interface MailStackProps extends StackProps {
  readonly config: StageConfig;
  readonly mail: NonNullable<StageConfig['mail']>;
}

/**
 * The resources for sending mails: the sender's domain, and a configuration set with which SES suppresses addresses
 * that bounced or complained, and publishes both to a topic.
 */
export class MailStack extends Stack {
  constructor(scope: Construct, id: string, props: MailStackProps) {
    super(scope, id, props);
    const { config, mail } = props;

    const configurationSet = new ConfigurationSet(this, 'ConfigurationSet', {
      configurationSetName: configurationSetName(config),
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
      reputationMetrics: true,
      // A link in a mail can set a password, so mails must not be transferred in plain text.
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
    });
    // An operator who wants to learn of each bounce and complaint subscribes to the topic; this is optional.
    const topic = new Topic(this, 'FeedbackTopic', {
      displayName: `Bounces and complaints, ${config.stage}`,
      enforceSSL: true,
    });
    new ConfigurationSetEventDestination(this, 'Feedback', {
      configurationSet,
      destination: EventDestination.snsTopic(topic),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT, EmailSendingEvent.REJECT],
    });
    this.identity(mail);
    new CfnOutput(this, 'MailFeedbackTopic', { value: topic.topicArn });
  }

  /** The sender's domain. SES verifies it by three DNS records; without a hosted zone, a person must create them. */
  private identity(mail: MailStackProps['mail']): void {
    const identity = new EmailIdentity(this, 'Domain', {
      identity: Identity.domain(domainOf(mail)),
      // The topic reports bounces; nobody reads the sender's mailbox.
      feedbackForwarding: false,
    });
    identity.dkimRecords.forEach(({ name, value }, index) => {
      if (mail.hostedZoneId === undefined) {
        new CfnOutput(this, `Dkim${index + 1}`, { value: `${name} CNAME ${value}` });
        return;
      }
      new CfnRecordSet(this, `Dkim${index + 1}`, {
        hostedZoneId: mail.hostedZoneId,
        name,
        type: 'CNAME',
        resourceRecords: [value],
        ttl: '1800',
      });
    });
  }
}

import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Alarm, ComparisonOperator, Dashboard, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { AlarmDefinition } from '../observability/alarm-definition.ts';
import { alarmsOf } from '../observability/alarms.ts';
import { dashboardRows } from '../observability/dashboard.ts';
import type { Monitored } from '../observability/monitored.ts';

interface ObservabilityStackProps extends StackProps {
  readonly monitored: Monitored;
}

/**
 * Alarms with their notifications, and a dashboard. No other stack depends on it, so it can be removed and added
 * again.
 */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, { monitored, ...props }: ObservabilityStackProps) {
    super(scope, id, props);
    const { config } = monitored;

    const topic = this.topic(monitored);
    const alarms = alarmsOf(monitored).map((definition) => this.alarm(definition, monitored, topic));
    new Dashboard(this, 'Dashboard', {
      dashboardName: `chat-service-${config.stage}`,
      widgets: dashboardRows(monitored, alarms),
    });
    new CfnOutput(this, 'AlarmsTopic', { value: topic.topicArn });
  }

  private topic({ config }: Monitored): Topic {
    const topic = new Topic(this, 'Alarms', {
      displayName: `Chat service, ${config.stage}`,
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'CloudWatchPublishes',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    for (const email of config.alarms.recipients) topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  private alarm(definition: AlarmDefinition, { config }: Monitored, topic: Topic): Alarm {
    const { id, summary, metric, threshold, when = 'at-least', periods, datapoints = periods } = definition;
    const alarm = new Alarm(this, id, {
      alarmName: `chat-service-${config.stage}-${id}`,
      alarmDescription: `${summary}. What to do: lib/docs/operating.md#${id}`,
      metric,
      threshold,
      comparisonOperator:
        when === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: datapoints,
      // Without activity there is no data. Only for metrics of things that must happen does missing data breach the
      // alarm.
      treatMissingData: when === 'below' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    return alarm;
  }
}

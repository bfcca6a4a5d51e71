import { CrossStackReferences, Duration, ReferenceStrength } from 'aws-cdk-lib/core';
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The alarm that rolls a release back. It is more sensitive than those that wake people: ten errors within one of
 * five minutes, at a tenth of the traffic.
 *
 * @param api the API whose errors it watches, by the name of its stack
 * @param ordinal 2 and more for further alarms of the same API
 */
export const releaseAlarm = (
  scope: Construct,
  config: StageConfig,
  errors: IMetric,
  api: 'http-api' | 'websocket-api',
  ordinal = 1,
): Alarm => {
  const isFirst = ordinal === 1;
  const alarm = new Alarm(scope, isFirst ? 'ReleaseAlarm' : `ReleaseAlarm${ordinal}`, {
    alarmName: `chat-service-${config.stage}-${api}-release${isFirst ? '' : `-${ordinal}`}`,
    alarmDescription: `A release of ${config.stage} fails requests, and is taken back`,
    metric: errors,
    threshold: 10,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  // With a weak reference, `gradualDeployments` can be turned off in one release rather than two.
  CrossStackReferences.of(alarm).produce(ReferenceStrength.WEAK);
  return alarm;
};

/** One minute: CodeDeploy watches alarms for five minutes. */
export const releasePeriod = { period: Duration.minutes(1), statistic: 'Sum' } as const;

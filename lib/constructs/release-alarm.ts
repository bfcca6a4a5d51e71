import { CrossStackReferences, Duration, ReferenceStrength } from 'aws-cdk-lib/core';
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The alarm that takes a release back. Quicker than those that wake people: ten errors in one of five minutes, of a
 * tenth of the traffic.
 */
export const releaseAlarm = (
  scope: Construct,
  config: StageConfig,
  errors: IMetric,
  id = 'ReleaseAlarm',
): Alarm => {
  const alarm = new Alarm(scope, id, {
    alarmDescription: `A release of ${config.stage} fails requests, and is taken back`,
    metric: errors,
    threshold: 10,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  // Turning `gradualDeployments` off has to be one release, not two.
  CrossStackReferences.of(alarm).produce(ReferenceStrength.WEAK);
  return alarm;
};

/** A minute: CodeDeploy looks at alarms during five of them. */
export const releasePeriod = { period: Duration.minutes(1), statistic: 'Sum' } as const;

import { Duration } from 'aws-cdk-lib/core';
import type { AlarmDefinition } from './alarm-definition.ts';
import { ownMetric } from './delivery-alarms.ts';
import type { Monitored } from './monitored.ts';

/** What people report, and wait for: app stores ask for timely answers. The job `remove-reports` measures it each hour. */
export const moderationAlarms = (monitored: Monitored): AlarmDefinition[] => [
  {
    id: 'reports-waiting',
    summary: 'A report has waited for a moderator for more than a day',
    // Longer than an hour, so that every period has a measurement.
    metric: ownMetric(monitored, 'OldestOpenReportSeconds', 'Maximum', Duration.hours(2)),
    threshold: 24 * 60 * 60,
    periods: 1,
  },
];

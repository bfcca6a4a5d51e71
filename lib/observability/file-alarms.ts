import { ALL_REQUESTS } from '../constructs/file-bucket-metrics.ts';
import { metricOf, percentage, type AlarmDefinition } from './alarm-definition.ts';
import type { Monitored } from './monitored.ts';

/** A metric of the bucket of files. */
const bucketMetric = ({ filesBucketName }: Monitored, name: string) =>
  metricOf('AWS/S3', name, { BucketName: filesBucketName, FilterId: ALL_REQUESTS }, 'Sum');

/** The bucket as clients and CloudFront see it: what they are answered, no function sees. */
export const fileAlarms = (monitored: Monitored): AlarmDefinition[] => [
  {
    id: 'files-errors',
    summary: 'S3 answers requests for files with 5xx',
    metric: bucketMetric(monitored, '5xxErrors'),
    threshold: 5,
    periods: 3,
    datapoints: 2,
  },
  {
    id: 'files-refused',
    summary: 'S3 refuses more than a quarter of the requests for files',
    metric: percentage(
      [bucketMetric(monitored, '4xxErrors')],
      [bucketMetric(monitored, 'AllRequests')],
      20,
      'Refused, %',
    ),
    threshold: 25,
    periods: 3,
  },
];

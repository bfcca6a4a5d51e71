import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib/core';

/** What a stage is made of that costs by the hour, or sets the price of what is done. */
export interface Footprint {
  /** Of each function, by its route's id. */
  readonly memoryMb: ReadonlyMap<string, number>;
  readonly natGateways: number;
  readonly minAcus: number;
  readonly databaseInstances: number;
  readonly proxies: number;
  readonly secrets: number;
  readonly keys: number;
  readonly alarmMetrics: number;
  /** Filters by which S3 counts the requests to a bucket. */
  readonly bucketMetrics: number;
  readonly dashboards: number;
  readonly schedulesPerMonth: number;
  /** Whether functions send traces to X-Ray. */
  readonly traced: boolean;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const MINUTES_PER_MONTH = 30 * 24 * 60;
const minutesOf = { minute: 1, hour: 60, day: 24 * 60 } as const;

const runsPerMonth = (expression: string): number => {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count === undefined) return 0;
  return MINUTES_PER_MONTH / (Number(count) * minutesOf[unit as keyof typeof minutesOf]);
};

/** Reads the footprint of a stage from the templates that it synthesizes to. */
export const footprintOf = (app: App, stage: string): Footprint => {
  const resources = app.synth().stacks.flatMap(({ templateFullPath }) => {
    const template = JSON.parse(readFileSync(templateFullPath, 'utf8')) as {
      Resources: Readonly<Record<string, Resource>>;
    };
    return Object.values(template.Resources);
  });
  const all = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties ?? {});
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

  const [cluster] = all('AWS::RDS::DBCluster');
  const scaling = cluster?.['ServerlessV2ScalingConfiguration'] as { MinCapacity: number } | undefined;
  return {
    memoryMb: new Map(
      all('AWS::Lambda::Function').map(({ FunctionName, MemorySize }) => [
        String(FunctionName).replace(`chat-service-${stage}-`, ''),
        Number(MemorySize ?? 128),
      ]),
    ),
    natGateways: all('AWS::EC2::NatGateway').length,
    minAcus: scaling?.MinCapacity ?? 0,
    databaseInstances: all('AWS::RDS::DBInstance').length,
    proxies: all('AWS::RDS::DBProxy').length,
    // That of MongoDB is made by hand, unless a stack does, and so are those of the keys for files.
    secrets:
      all('AWS::SecretsManager::Secret').filter(({ Name }) => Name === undefined).length +
      1 +
      all('AWS::CloudFront::PublicKey').length,
    keys: all('AWS::KMS::Key').length,
    alarmMetrics: sum(
      all('AWS::CloudWatch::Alarm').map(
        ({ Metrics }) =>
          (Metrics as { MetricStat?: unknown }[] | undefined)?.filter(({ MetricStat }) => MetricStat)
            .length ?? 1,
      ),
    ),
    bucketMetrics: sum(
      all('AWS::S3::Bucket').map(
        ({ MetricsConfigurations }) => (MetricsConfigurations as readonly unknown[] | undefined)?.length ?? 0,
      ),
    ),
    dashboards: all('AWS::CloudWatch::Dashboard').length,
    traced: all('AWS::Lambda::Function').some(
      ({ TracingConfig }) => (TracingConfig as { Mode?: string } | undefined)?.Mode === 'Active',
    ),
    schedulesPerMonth: sum(
      all('AWS::Scheduler::Schedule').map(({ ScheduleExpression }) =>
        runsPerMonth(String(ScheduleExpression)),
      ),
    ),
  };
};

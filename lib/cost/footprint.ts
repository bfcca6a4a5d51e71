import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib/core';
import { minutesBetween } from '../config/job-schedules.ts';

/** The resources of a stage that cost by the hour, or determine the price of its use. */
export interface Footprint {
  /** By the id of the function's route. */
  readonly memoryMb: ReadonlyMap<string, number>;
  readonly natGateways: number;
  readonly minAcus: number;
  /** What keeps a pausing cluster awake; undefined when the cluster does not pause. */
  readonly pausing?: {
    readonly pausesAfterMinutes: number;
    /** How often jobs wake the cluster; all jobs that are due together wake it once. */
    readonly wakesPerMonth: number;
  };
  readonly databaseInstances: number;
  readonly proxies: number;
  readonly secrets: number;
  /** Of a line in the access log of each API. */
  readonly accessLogBytes: { readonly http: number; readonly websocket: number };
  readonly keys: number;
  readonly alarmMetrics: number;
  /** The number of filters by which S3 counts the requests to a bucket. */
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

const runsPerMonth = (expression: string): number => MINUTES_PER_MONTH / minutesBetween(expression);

/**
 * Whether a function belongs to a job that connects to MySQL on every run, and therefore waits for a paused cluster to
 * wake.
 */
const waitsForMysql = ({ Properties }: Resource): boolean =>
  (Properties?.['Environment'] as { Variables?: { MYSQL_WAITS?: string } } | undefined)?.Variables
    ?.MYSQL_WAITS === 'on';

/** For each schedule of a function that waits for MySQL: how often it runs per month. */
const wakesOf = (template: Readonly<Record<string, Resource>>): number[] =>
  Object.values(template)
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .flatMap(({ Properties = {} }) => {
      const { Arn } = Properties['Target'] as { Arn: { 'Fn::GetAtt'?: readonly [string, string] } };
      const job = template[Arn['Fn::GetAtt']?.[0] ?? ''];
      if (job === undefined) throw new Error('A schedule runs a function of another stack');
      return waitsForMysql(job) ? [runsPerMonth(String(Properties['ScheduleExpression']))] : [];
    });

/**
 * Sample values of the variables in API Gateway's access logs. Only their lengths matter. The user agent is a browser's;
 * those of other programs are shorter.
 */
const logged: Readonly<Record<string, string>> = {
  requestId: 'JKJaXmPLvHcESHA=',
  requestTimeEpoch: '1796083200000',
  routeKey: 'POST /api/v1/chats/{chat_id}/messages',
  status: '200',
  'identity.sourceIp': '203.0.113.100',
  'identity.userAgent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'error.message': '-',
  'integration.error': '-',
  'integration.latency': '25',
  httpMethod: 'POST',
  responseLatency: '30',
  responseLength: '1200',
  connectionId: 'JKJaXdPLvHcCEYw=',
  eventType: 'MESSAGE',
};

/** The size of one access log line in bytes, by its format. @throws Error for a variable without a sample value */
export const lineBytes = (format: string): number =>
  Buffer.byteLength(
    `${format.replaceAll(/\$context\.([\w.]+)/g, (_, variable: string) => {
      const value = logged[variable];
      if (value === undefined) throw new Error(`There is no sample value of $context.${variable}`);
      return value;
    })}\n`,
  );

/** The number of a stage's secrets: in its templates, with replicas in other regions; created by RDS; and created by hand. */
const secretsOf = (all: (type: string) => Readonly<Record<string, unknown>>[]): number => {
  const made = all('AWS::SecretsManager::Secret');
  const copies = made.flatMap(
    ({ ReplicaRegions }) => (ReplicaRegions as readonly unknown[] | undefined) ?? [],
  );
  const byRds = all('AWS::RDS::DBCluster').filter(
    ({ ManageMasterUserPassword }) => ManageMasterUserPassword === true,
  );
  // That of MongoDB, unless a stack makes it: those of CloudFront are the others that have a name.
  const mongodb = made.some(({ Name }) => typeof Name === 'string' && !Name.includes('/edge-')) ? 0 : 1;
  // Each generation of the keys for files that CloudFront knows, and the keys for pushing.
  const keys = all('AWS::CloudFront::PublicKey').length + 1;
  return made.length + copies.length + byRds.length + mongodb + keys;
};

/** Reads the footprint of a stage from the templates that it synthesizes to. */
export const footprintOf = (app: App, stage: string): Footprint =>
  footprintIn(
    app.synth().stacks.map(({ templateFullPath }) => {
      const template = JSON.parse(readFileSync(templateFullPath, 'utf8')) as {
        Resources: Readonly<Record<string, Resource>>;
      };
      return template.Resources;
    }),
    stage,
  );

/** The same of templates, each as its resources by their logical ids. */
export const footprintIn = (
  templates: readonly Readonly<Record<string, Resource>>[],
  stage: string,
): Footprint => {
  const resources = templates.flatMap((template) => Object.values(template));
  const all = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties ?? {});
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

  const lineOf = (stageName: string): number => {
    const api = all('AWS::ApiGatewayV2::Stage').find(({ StageName }) => StageName === stageName);
    if (api === undefined) throw new Error(`There is no API's stage ${stageName}`);
    return lineBytes((api['AccessLogSettings'] as { readonly Format: string }).Format);
  };

  const [cluster] = all('AWS::RDS::DBCluster');
  const scaling = cluster?.['ServerlessV2ScalingConfiguration'] as
    { readonly MinCapacity: number; readonly SecondsUntilAutoPause?: number } | undefined;
  const pauseSeconds = scaling?.SecondsUntilAutoPause;
  return {
    memoryMb: new Map(
      all('AWS::Lambda::Function').map(({ FunctionName, MemorySize }) => [
        String(FunctionName).replace(`chat-service-${stage}-`, ''),
        Number(MemorySize ?? 128),
      ]),
    ),
    natGateways: all('AWS::EC2::NatGateway').length,
    minAcus: scaling?.MinCapacity ?? 0,
    ...(pauseSeconds === undefined
      ? {}
      : {
          pausing: {
            pausesAfterMinutes: pauseSeconds / 60,
            // The maximum instead of the sum: the most frequent jobs run at the same minute, and the others are rare.
            wakesPerMonth: Math.max(0, ...templates.flatMap(wakesOf)),
          },
        }),
    databaseInstances: all('AWS::RDS::DBInstance').length,
    proxies: all('AWS::RDS::DBProxy').length,
    secrets: secretsOf(all),
    accessLogBytes: { http: lineOf('$default'), websocket: lineOf(stage) },
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

import { metricUnits } from '../../functions/platform/metric-names.ts';
import type { Footprint } from './footprint.ts';
import { operationsOf, timesOf, type Assumptions, type Load, type Operation } from './operations.ts';
import type { AtlasTier, Prices } from './prices-2026-11.ts';

/** The costs of a month in dollars. */
export interface Estimate {
  readonly messages: number;
  readonly lines: readonly {
    readonly service: string;
    /** What the service is used for. */
    readonly of: string;
    /** The costs without any users. */
    readonly fixed: number;
    readonly byUse: number;
  }[];
  readonly fixed: number;
  readonly byUse: number;
  readonly total: number;
  /** Dollars per million messages: all costs of the month by its messages, and the cost of the next million. */
  readonly perMillion: number;
  readonly nextMillion: number;
}

/** The number of hours per month by which AWS bills. */
const HOURS = 730;
const MILLION = 1e6;
const GB = 1e9;

/** The quantities of a load per month, by billed item. */
const quantitiesOf = (load: Load, footprint: Footprint, using: Assumptions) => {
  const operations = operationsOf(load, using);
  const times = timesOf(load, using);
  const names = Object.keys(operations) as (keyof typeof operations)[];
  const sum = (of: (operation: Operation) => number): number =>
    names.reduce((total, name) => total + times[name] * of(operations[name]), 0);
  const gbSecondsOf = (id: keyof Assumptions['milliseconds']): number => {
    const memory = footprint.memoryMb.get(id);
    if (memory === undefined) throw new Error(`The stage has no function '${id}'`);
    return (memory / 1024) * (using.milliseconds[id] / 1000);
  };
  return {
    messages: times.send,
    invocations: sum(({ functions }) => functions.length),
    gbSeconds: sum(({ functions }) => functions.reduce((total, id) => total + gbSecondsOf(id), 0)),
    httpRequests: sum(({ httpRequests }) => httpRequests),
    socketEvents: sum(({ socketEvents }) => socketEvents),
    socketMessages: sum(({ socketMessages }) => socketMessages),
    connectionMinutes: load.users * using.daysPerMonth * using.onlineHoursPerDay * 60,
    mysqlCalls: sum(({ mysqlCalls }) => mysqlCalls),
    natCalls: sum(({ posts, mongodbCalls }) => posts + mongodbCalls),
    mails: load.users * using.mailsPerMonth,
    reads: sum(({ reads }) => reads),
    writes: sum(({ writes }) => writes),
  };
};

/** Aurora's average capacity without users; for a cluster that pauses, the time for which jobs keep it awake. */
const restAcusOf = ({ minAcus, pausing }: Footprint, using: Assumptions): number => {
  if (pausing === undefined) return minAcus;
  const minutes = pausing.wakesPerMonth * (using.awakeMinutesOfJobs + pausing.pausesAfterMinutes);
  return using.awakeAcus * Math.min(1, minutes / (HOURS * 60));
};

/** Aurora's average minimal capacity with users; a cluster that pauses is awake while users are online. */
const awakeAcusOf = (footprint: Footprint, using: Assumptions): number => {
  const restAcus = restAcusOf(footprint, using);
  if (footprint.pausing === undefined) return restAcus;
  const onlineShare = (using.daysPerMonth * using.onlineHoursPerDay) / HOURS;
  return onlineShare * using.awakeAcus + (1 - onlineShare) * restAcus;
};

/** Estimates the monthly costs of a stage under a load. A pure function: all data are passed in. */
export const estimate = (
  load: Load,
  footprint: Footprint,
  atlas: AtlasTier,
  prices: Prices,
  using: Assumptions,
): Estimate => {
  const used = quantitiesOf(load, footprint, using);
  const millions = (count: number, price: number): number => (count / MILLION) * price;
  const { aurora, cloudWatch, dynamodb, lambda, network, rdsProxy, secrets, webSocketApi } = prices;

  const acusByUse = used.mysqlCalls / (HOURS * 3600) / using.mysqlCallsPerAcuSecond;
  const acuHour = footprint.databaseInstances * aurora.perAcuHour;
  const restAcus = restAcusOf(footprint, using);
  const usedAcus = Math.max(acusByUse, awakeAcusOf(footprint, using));
  const acus = Math.max(restAcus, usedAcus) * footprint.databaseInstances;
  const storedGb = (used.messages * using.storedBytesPerMessage * using.monthsOfData) / GB;
  const outGb = (used.socketMessages * using.frameBytes) / GB;
  const { accessLogBytes } = footprint;
  const logGb =
    (used.invocations * using.logBytesPerInvocation +
      used.httpRequests * accessLogBytes.http +
      used.socketEvents * accessLogBytes.websocket) /
    GB;
  const jobGbSeconds = footprint.schedulesPerMonth * (using.jobMilliseconds / 1000) * 0.5;

  const lines: Estimate['lines'] = [
    {
      service: 'Lambda',
      of: 'functions',
      fixed:
        millions(footprint.schedulesPerMonth, lambda.perMillionRequests) + jobGbSeconds * lambda.perGbSecond,
      byUse: millions(used.invocations, lambda.perMillionRequests) + used.gbSeconds * lambda.perGbSecond,
    },
    {
      service: 'API Gateway',
      of: 'HTTP requests',
      fixed: 0,
      byUse: millions(used.httpRequests, prices.httpApi.perMillionRequests),
    },
    {
      service: 'API Gateway',
      of: 'frames',
      fixed: 0,
      byUse: millions(used.socketMessages, webSocketApi.perMillionMessages),
    },
    {
      service: 'API Gateway',
      of: 'open connections',
      fixed: 0,
      byUse: millions(used.connectionMinutes, webSocketApi.perMillionConnectionMinutes),
    },
    {
      service: 'Aurora',
      of: 'capacity',
      fixed: restAcus * acuHour * HOURS,
      byUse: Math.max(0, usedAcus - restAcus) * acuHour * HOURS,
    },
    {
      service: 'Aurora',
      of: `I/O, and ${using.monthsOfData} months of data`,
      fixed: 0,
      byUse:
        millions(used.mysqlCalls * using.mysqlIoPerCall, aurora.perMillionIo) + storedGb * aurora.perGbMonth,
    },
    {
      service: 'RDS Proxy',
      of: 'connections',
      fixed: footprint.proxies * rdsProxy.minimumAcus * rdsProxy.perAcuHour * HOURS,
      byUse: footprint.proxies * Math.max(0, acus - rdsProxy.minimumAcus) * rdsProxy.perAcuHour * HOURS,
    },
    {
      service: 'DynamoDB',
      of: 'reads and writes',
      fixed: 0,
      byUse:
        millions(used.reads, dynamodb.perMillionReads) + millions(used.writes, dynamodb.perMillionWrites),
    },
    { service: 'MongoDB Atlas', of: atlas, fixed: prices.atlasPerHour[atlas] * HOURS, byUse: 0 },
    {
      service: 'Network',
      of: 'NAT gateways',
      fixed: footprint.natGateways * (network.perNatHour + network.perPublicAddressHour) * HOURS,
      byUse: ((used.natCalls * using.natBytesPerCall) / GB) * network.perNatGb,
    },
    { service: 'Network', of: 'out to clients', fixed: 0, byUse: outGb * network.perGbOut },
    {
      service: 'CloudWatch',
      of: 'logs, alarms, metrics, dashboard',
      fixed:
        footprint.alarmMetrics * cloudWatch.perAlarmMetric +
        footprint.dashboards * cloudWatch.perDashboard +
        (OWN_METRICS + footprint.bucketMetrics * METRICS_PER_BUCKET_FILTER) * cloudWatch.perMetric,
      byUse: logGb * (cloudWatch.perGbIngested + cloudWatch.perGbMonth),
    },
    {
      service: 'X-Ray',
      of: 'traces',
      fixed: 0,
      byUse: footprint.traced
        ? millions(used.invocations * using.tracedShare, prices.xray.perMillionTraces)
        : 0,
    },
    { service: 'SES', of: 'mails', fixed: 0, byUse: (used.mails / 1000) * prices.ses.perThousandMails },
    { service: 'Secrets Manager', of: 'secrets', fixed: footprint.secrets * secrets.perSecret, byUse: 0 },
    { service: 'KMS', of: 'keys', fixed: footprint.keys * prices.kms.perKey, byUse: 0 },
    {
      service: 'EventBridge',
      of: 'jobs',
      fixed: millions(footprint.schedulesPerMonth, prices.scheduler.perMillionInvocations),
      byUse: 0,
    },
  ];
  const total = (of: 'fixed' | 'byUse'): number => lines.reduce((all, line) => all + line[of], 0);
  const fixed = total('fixed');
  const byUse = total('byUse');
  return {
    messages: used.messages,
    lines,
    fixed,
    byUse,
    total: fixed + byUse,
    perMillion: ((fixed + byUse) / used.messages) * MILLION,
    nextMillion: (byUse / used.messages) * MILLION,
  };
};

/** The metrics of one S3 filter: requests by method, errors, bytes, times. */
const METRICS_PER_BUCKET_FILTER = 16;

/** The service's own metrics, one for each name. */
const OWN_METRICS = Object.keys(metricUnits).length;

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METRICS_NAMESPACE, metricUnits } from '../../functions/platform/metric-names.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { synthesize, type TemplateResource } from '../support/synthesized.ts';

const production = await synthesize('production');
// Without the alarms that roll back a release, which only notify CodeDeploy.
const alarms = production
  .all('AWS::CloudWatch::Alarm')
  .filter(({ stack }) => stack.endsWith('-observability'));

/** The metrics of an alarm, whether it uses them directly or in an expression. */
const metricsOf = ({ Properties }: TemplateResource) =>
  (Properties.Metrics ?? [{ MetricStat: { Metric: Properties } }]).flatMap(
    (one: { MetricStat?: { Metric: { Namespace: string; MetricName: string; Dimensions: unknown } } }) =>
      one.MetricStat === undefined ? [] : [one.MetricStat.Metric],
  ) as {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  }[];

const nameOf = ({ Properties }: TemplateResource): string => String(Properties.AlarmName);

test('every alarm has its entry in the runbook, and every entry its alarm', () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../lib/docs/operating.md'), 'utf8');
  const entries = [...runbook.matchAll(/^### (\S+)\n\n(\S)/gm)].map(
    ([, id]) => `chat-service-production-${id}`,
  );
  assert.deepEqual(entries.toSorted(), alarms.map(nameOf).toSorted());
  assert.ok(runbook.includes(`Alarms (${alarms.length} in production)`), String(alarms.length));
  for (const alarm of alarms) {
    const id = nameOf(alarm).replace('chat-service-production-', '');
    assert.ok(String(alarm.Properties.AlarmDescription).endsWith(`lib/docs/operating.md#${id}`), id);
  }
});

/** Whether a resource belongs to the alarms and not to the mails, which also have a topic. */
const isOfAlarms = ({ stack }: TemplateResource): boolean => stack.endsWith('-observability');

test('every alarm tells the topic when it begins and when it ends', () => {
  const topic = production.all('AWS::SNS::Topic').find(isOfAlarms);
  const action = [{ Ref: topic?.logicalId }];
  for (const alarm of alarms) {
    assert.deepEqual([alarm.Properties.AlarmActions, alarm.Properties.OKActions], [action, action]);
  }
  const recipients = production.all('AWS::SNS::Subscription').map(({ Properties }) => Properties.Endpoint);
  assert.deepEqual(recipients, stageConfig('production').alarms.recipients);
});

test('silence is an alarm only where something has to happen', () => {
  for (const alarm of alarms) {
    const expected = nameOf(alarm).endsWith('-absent') ? 'breaching' : 'notBreaching';
    assert.equal(alarm.Properties.TreatMissingData, expected, nameOf(alarm));
  }
});

test('every job that runs by the clock is watched for errors, silence and dead letters', () => {
  for (const route of allRoutes) {
    if (route.transport !== 'job' || route.schedule === undefined) continue;
    const names = alarms
      .map(nameOf)
      .filter((name) => name.startsWith(`chat-service-production-${route.id}-`));
    // An alarm looks back a week at most.
    assert.equal(names.length, route.schedule === 'rate(30 days)' ? 2 : 3, route.id);
  }
});

test('alarms look at functions and metrics that there are', () => {
  const functions = new Set(
    production.all('AWS::Lambda::Function').map(({ Properties }) => Properties.FunctionName),
  );
  for (const alarm of alarms) {
    const metrics = metricsOf(alarm);
    assert.ok(metrics.length > 0 && metrics.length <= 10, nameOf(alarm));
    for (const { Namespace, MetricName, Dimensions = [] } of metrics) {
      if (Namespace === METRICS_NAMESPACE) {
        assert.ok(MetricName in metricUnits, MetricName);
        assert.deepEqual(Dimensions, [{ Name: 'Stage', Value: 'production' }]);
      }
      for (const { Name, Value } of Dimensions) {
        if (Name === 'FunctionName') assert.ok(functions.has(Value), String(Value));
      }
    }
  }
});

test('nobody but CloudWatch of this account publishes to the topic, and only by TLS', () => {
  const policy = production.all('AWS::SNS::TopicPolicy').find(isOfAlarms);
  const statements = policy?.Properties.PolicyDocument.Statement as {
    Effect: string;
    Principal: unknown;
    Condition: unknown;
  }[];
  assert.deepEqual(statements.map(({ Effect }) => Effect).toSorted(), ['Allow', 'Deny']);
  const allowed = statements.find(({ Effect }) => Effect === 'Allow');
  assert.deepEqual(allowed?.Principal, { Service: 'cloudwatch.amazonaws.com' });
});

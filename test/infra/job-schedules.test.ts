import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jobRoutes } from '../../functions/contract/table.ts';
import {
  expressionOf,
  jobInStage,
  minutesBetween,
  type ScheduledJob,
} from '../../lib/config/job-schedules.ts';
import { stageConfig, stageNames } from '../../lib/config/stages.ts';
import { everything } from '../support/everything.ts';
import { synthesize } from '../support/synthesized.ts';

/** Jobs that query MySQL only when another store shows that there is work to do. */
const ASK_WHEN_NEEDED = ['reap-connections'];

/** The schedules in a stage's templates, each with its function. */
const schedulesOf = async (stage: Parameters<typeof synthesize>[0]) => {
  const made = await synthesize(stage);
  return made.all('AWS::Scheduler::Schedule').map(({ stack, Properties }) => {
    const [target] = Properties.Target.Arn['Fn::GetAtt'] as [string];
    const job = made.resources.find((one) => one.stack === stack && one.logicalId === target);
    const { FunctionName, Environment } = job?.Properties ?? {};
    return {
      id: String(FunctionName).replace(/^chat-service-[a-z]+-/, ''),
      expression: String(Properties.ScheduleExpression),
      hasMysql: Environment.Variables.MYSQL_HOST !== undefined,
      waits: Environment.Variables.MYSQL_WAITS === 'on',
    };
  });
};

suite('a cluster that pauses when nobody is connected', () => {
  for (const stage of [...stageNames.map(stageConfig), everything]) {
    if (stage.mysql.minCapacity > 0) continue;
    test(`is woken by jobs of ${stage.stage} once an hour at most, and by all of them at once`, async () => {
      const jobs = (await schedulesOf(stage)).filter(
        ({ id, hasMysql }) => hasMysql && !ASK_WHEN_NEEDED.includes(id),
      );
      assert.ok(jobs.some(({ id }) => id === 'sweep-dispatch'));
      const hourly = new Set<string>();
      for (const { id, expression, waits } of jobs) {
        const minutes = minutesBetween(expression);
        assert.ok(minutes >= 60, `${id}: ${expression}`);
        assert.ok(waits, `${id} waits for a MySQL that has to wake`);
        if (minutes === 60) hourly.add(expression);
      }
      assert.deepEqual([...hourly], ['cron(0 * * * ? *)']);
    });
  }

  test('is that of dev, and of no stage whose jobs are to run as often as they say', () => {
    const pausing = stageNames.map(stageConfig).filter(({ mysql }) => mysql.minCapacity === 0);
    assert.deepEqual(
      pausing.map(({ stage }) => stage),
      ['dev'],
    );
  });

  test('may be asked by the minute only by jobs that are known to ask when needed', () => {
    assert.deepEqual(
      jobRoutes.filter(({ asksMysql }) => asksMysql === 'when-needed').map(({ id }) => id),
      ASK_WHEN_NEEDED,
    );
  });
});

test('where MySQL does not pause, jobs run as often as they say', async () => {
  const jobs = await schedulesOf('production');
  const scheduled = jobRoutes.filter(({ schedule }) => schedule !== undefined);
  assert.deepEqual(
    new Map(jobs.map(({ id, expression }) => [id, expression])),
    new Map(scheduled.map(({ id, schedule }) => [id, schedule])),
  );
});

test('alarms wait for a job as long as it takes in the stage', async () => {
  const absentAfter = async (stage: string): Promise<number> => {
    const alarm = (await synthesize(stage))
      .all('AWS::CloudWatch::Alarm')
      .find(({ Properties }) => Properties.AlarmName === `chat-service-${stage}-sweep-dispatch-absent`);
    return (alarm?.Properties.Period * alarm?.Properties.EvaluationPeriods) / 60;
  };
  assert.equal(await absentAfter('production'), 15);
  assert.equal(await absentAfter('dev'), 180);
});

test('a schedule that is rare enough stays as it is, and one that nobody knows is refused', () => {
  const dev = stageConfig('dev');
  const job = (
    schedule: ScheduledJob['schedule'],
    needs: ScheduledJob['needs'] = ['mysql'],
  ): ScheduledJob => ({
    transport: 'job',
    id: 'job',
    summary: 'A job',
    schedule,
    needs,
    errors: [],
  });
  const inDev = (one: ScheduledJob): string => expressionOf(dev, jobInStage(dev, one));
  assert.equal(inDev(job('rate(59 minutes)')), 'cron(0 * * * ? *)');
  assert.equal(inDev(job('rate(90 minutes)')), 'rate(90 minutes)');
  assert.equal(inDev(job('rate(1 day)')), 'rate(1 day)');
  assert.equal(inDev(job('rate(1 minute)', ['connections'])), 'rate(1 minute)');
  assert.equal(inDev({ ...job('rate(1 minute)'), asksMysql: 'when-needed' }), 'rate(1 minute)');
  assert.throws(() => minutesBetween('cron(5 * * * ? *)'), /How often/);
});

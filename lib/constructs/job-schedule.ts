import { CrossStackReferences, Duration, ReferenceStrength } from 'aws-cdk-lib/core';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { expressionOf, type ScheduledJob } from '../config/job-schedules.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings, wildcardFinding, logicalId } from './acknowledge-findings.ts';
import type { RouteFunction } from './route-function.ts';

interface JobScheduleProps {
  readonly config: StageConfig;
  /** The route, with the schedule that it has in this stage. */
  readonly route: ScheduledJob;
  readonly job: RouteFunction;
}

/** Runs a job on the stage's schedule. A run that could not be started goes to a dead-letter queue. */
export class JobSchedule extends Construct {
  readonly deadLetters: IQueue;

  constructor(scope: Construct, { config, route, job }: JobScheduleProps) {
    super(scope, `${route.id}-schedule`);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // Only an alarm reads its name. With a weak reference, a job can be removed in one release rather than two.
    CrossStackReferences.of(this.deadLetters).produce(ReferenceStrength.WEAK);
    acknowledgeFindings(this.deadLetters, { 'AwsSolutions-SQS3': 'It is a queue of dead letters itself.' });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    acknowledgeFindings(role, {
      [wildcardFinding(`<${logicalId(job.lambda)}.Arn>:*`)]:
        'Any version, of the one function that it starts.',
    });
    new Schedule(this, 'Schedule', {
      description: route.summary,
      schedule: ScheduleExpression.expression(expressionOf(config, route)),
      target: new LambdaInvoke(job.lambda, {
        role,
        deadLetterQueue: this.deadLetters,
        input: ScheduleTargetInput.fromObject({}),
        // A job continues where the last run stopped: the next run makes up for a failed one.
        retryAttempts: 2,
        maxEventAge: Duration.hours(1),
      }),
    });
    // Handles an error of the function itself, with Lambda's own two retries.
    job.lambda.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
  }
}

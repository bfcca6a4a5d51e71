import { Duration, SecretValue, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption, type IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { QUEUES, type QueueName } from '../../functions/contract/route.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { pushKeySecretName } from '../config/push-key-secret.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { alwaysExport } from '../constructs/always-export.ts';
import type { PushResources } from '../constructs/stage-resources.ts';
import type { MonitoredQueue } from '../observability/monitored.ts';

/**
 * How often a message is received before it goes to the dead-letter queue. Each of a push's five attempts is a
 * message of its own, and only the last one is received until it becomes a dead letter. Dispatching waits for
 * unavailable stores: 20 receipts at three quarters of a minute make a quarter of an hour.
 */
const maxReceiveCount: Readonly<Record<QueueName, number>> = { dispatch: 20, push: 5 };

/**
 * Visibility timeout: three times the maximum run of a consumer. The messages of a consumer that died are delivered
 * again after it.
 */
const VISIBILITY = Duration.seconds(45);

/** The queues between sending a message and pushing it, and the configuration of push notifications. */
export class QueuesStack extends Stack {
  readonly push: PushResources;
  readonly queues: readonly MonitoredQueue[];

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    const made = QUEUES.map((name) => ({ name, ...this.queue(name, config) }));
    const queueNamed = (wanted: QueueName): IQueue => {
      const found = made.find(({ name }) => name === wanted);
      if (found === undefined) throw new Error(`There is no queue ${wanted}`);
      return found.queue;
    };
    const secretName = pushKeySecretName(config.stage, config.push.keyGeneration);
    this.push = {
      hosts: config.push.hosts.join(','),
      kinds: config.push.fcm ? 'web_push,fcm' : 'web_push',
      subject: config.push.subject,
      holdSeconds: config.push.holdSeconds,
      // Read at a deployment, by the stacks `http-system` and `work`: without the secret these fail, after Aurora was
      // created.
      publicKey: SecretValue.secretsManager(secretName, { jsonField: 'public_key' }).unsafeUnwrap(),
      keySecret: Secret.fromSecretNameV2(this, 'PushKeys', secretName),
      queues: { dispatch: queueNamed('dispatch'), push: queueNamed('push') },
    };
    this.queues = made.map(({ name, queue, deadLetters }) => ({
      name,
      queueName: queue.queueName,
      deadLettersQueueName: deadLetters.queueName,
    }));
    alwaysExport(
      this,
      made.flatMap(({ queue }) => [queue.queueUrl, queue.queueArn]),
    );
  }

  private queue(
    name: QueueName,
    { stage }: StageConfig,
  ): { readonly queue: IQueue; readonly deadLetters: IQueue } {
    const shared = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const deadLetters = new Queue(this, `${name}-dead-letters`, {
      ...shared,
      queueName: `chat-service-${stage}-${name}-dead-letters`,
      // A push that is a week old is of no use to anybody.
      retentionPeriod: Duration.days(4),
    });
    acknowledgeFindings(deadLetters, { 'AwsSolutions-SQS3': 'It is a queue of dead letters itself.' });
    const queue = new Queue(this, name, {
      ...shared,
      queueName: `chat-service-${stage}-${name}`,
      visibilityTimeout: VISIBILITY,
      retentionPeriod: Duration.days(1),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: maxReceiveCount[name] },
    });
    return { queue, deadLetters };
  }
}

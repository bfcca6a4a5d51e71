import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import type { QueueDefinition } from './local-queue.ts';

interface QueueProperties {
  readonly VisibilityTimeout?: number;
  readonly MessageRetentionPeriod?: number;
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
}

/** The queues that the templates describe, with SQS's defaults. */
export const queueDefinitions = (assembly: Assembly, resolver: Resolver): QueueDefinition[] =>
  assembly.resourcesOf('AWS::SQS::Queue').map((resource) => {
    const properties = resolver.propertiesOf(resource) as QueueProperties;
    const { ref, attributes } = resolver.physicalOf(resource);
    const { RedrivePolicy: redrive } = properties;
    return {
      name: attributes['QueueName'] ?? '',
      arn: attributes['Arn'] ?? '',
      url: ref,
      visibilityTimeout: properties.VisibilityTimeout ?? 30,
      retention: properties.MessageRetentionPeriod ?? 4 * 24 * 60 * 60,
      ...(redrive === undefined
        ? {}
        : { redrive: { arn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount } }),
    };
  });

import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';
import type { LocalQueue, ReceivedMessage } from './sqs/local-queue.ts';

/** A function that Lambda invokes with the messages of a queue. */
export interface EventSourceDefinition {
  readonly functionName: string;
  readonly queueArn: string;
  readonly batchSize: number;
  /** How many batches are processed concurrently. */
  readonly maximumConcurrency: number;
  readonly reportsFailures: boolean;
}

interface MappingProperties {
  readonly FunctionName: string;
  readonly EventSourceArn: string;
  readonly BatchSize?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
}

/** Maximum number of concurrent batches per queue on one machine, whatever the template allows. */
const CONCURRENCY = 4;

/** The event source mappings that the templates describe. */
export const eventSourceDefinitions = (assembly: Assembly, resolver: Resolver): EventSourceDefinition[] =>
  assembly.resourcesOf('AWS::Lambda::EventSourceMapping').map((resource) => {
    const properties = resolver.propertiesOf(resource) as unknown as MappingProperties;
    return {
      functionName: properties.FunctionName.split(':').at(-1) ?? '',
      queueArn: properties.EventSourceArn,
      batchSize: properties.BatchSize ?? 10,
      maximumConcurrency: Math.min(CONCURRENCY, properties.ScalingConfig?.MaximumConcurrency ?? CONCURRENCY),
      reportsFailures: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    };
  });

/**
 * The messages that failed, according to the function's result. Any result that is not in the documented format
 * counts all of them as failed.
 */
const failuresIn = (result: unknown, ids: readonly string[]): ReadonlySet<string> => {
  const { batchItemFailures: failures } = (result ?? {}) as {
    batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[] | null;
  };
  if (failures == null) return new Set();
  const failed = failures.map(({ itemIdentifier }) => String(itemIdentifier));
  return new Set(failed.every((id) => ids.includes(id)) ? failed : ids);
};

const eventOf = (messages: readonly ReceivedMessage[], queueArn: string, region: string): object => ({
  Records: messages.map((message) => ({
    ...message,
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  })),
});

/**
 * Lambda's event source mappings for one machine. A failed message stays invisible until the queue's visibility
 * timeout, or the one that the function has set, is over.
 *
 * @returns a function that stops them; it does not wait for running functions
 */
export const startEventSources = ({
  sources,
  queueOf,
  invoke,
  region,
  log,
}: {
  readonly sources: readonly EventSourceDefinition[];
  readonly queueOf: (arn: string) => LocalQueue;
  readonly invoke: (functionName: string, event: unknown) => Promise<unknown>;
  readonly region: string;
  readonly log: (line: string) => void;
}): (() => void) => {
  const stopping = new AbortController();
  const { signal } = stopping;

  const work = async (source: EventSourceDefinition, messages: readonly ReceivedMessage[]): Promise<void> => {
    const queue = queueOf(source.queueArn);
    try {
      const result = await invoke(source.functionName, eventOf(messages, source.queueArn, region));
      const ids = messages.map(({ messageId }) => messageId);
      const failed = source.reportsFailures ? failuresIn(result, ids) : new Set<string>();
      for (const { messageId, receiptHandle } of messages) {
        if (!failed.has(messageId)) queue.remove(receiptHandle);
      }
    } catch (error) {
      if (!signal.aborted) log(`${source.functionName}, which works off a queue, failed: ${String(error)}`);
    }
  };

  /** Reads the queue, and invokes the function up to its limit of concurrent batches. */
  const poll = async (source: EventSourceDefinition): Promise<void> => {
    const queue = queueOf(source.queueArn);
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      if (running.size >= source.maximumConcurrency) {
        await Promise.race(running);
        continue;
      }
      const messages = queue.receive(source.batchSize);
      if (messages.length === 0) {
        await queue.whenVisible(signal);
        continue;
      }
      const one = work(source, messages).finally(() => running.delete(one));
      running.add(one);
    }
  };

  for (const source of sources) {
    poll(source).catch((error: unknown) => log(`${source.functionName} gets no messages: ${String(error)}`));
  }
  return () => stopping.abort();
};

import { createServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { closeNow, listen } from '../listening.ts';
import { accessKeyOf, isAllowed, refusalOf, type Principals } from '../iam/role-policies.ts';
import { md5Of, openQueue, type LocalQueue, type QueueDefinition } from './local-queue.ts';

export interface LocalSqs {
  /** The value for `AWS_ENDPOINT_URL_SQS`, or for `aws sqs --endpoint-url`. */
  readonly url: string;
  readonly description: string;
  /** @throws Error when there is no such queue */
  queueOf(arn: string): LocalQueue;
  /** Replaces the functions whose requests are checked. */
  authorize(principals: Principals): void;
  stop(): Promise<void>;
}

/** An error whose type the SDK recognizes. */
class SqsError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface Entry {
  readonly Id: string;
  readonly MessageBody?: string;
  readonly DelaySeconds?: number;
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}

interface Input extends Omit<Entry, 'Id'> {
  readonly QueueUrl?: string;
  readonly Entries?: readonly Entry[];
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
}

/** SQS's maximum size of a message, and of a batch, in bytes. */
const BYTES_MAX = 1024 * 1024;
const BATCH_MAX = 10;
const DELAY_MAX = 900;
const VISIBILITY_MAX = 43_200;

const sent = (queue: LocalQueue, { MessageBody: body = '', DelaySeconds: delay = 0 }: Input) => {
  if (body === '')
    throw new SqsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (delay < 0 || delay > DELAY_MAX) throw new SqsError('InvalidParameterValue', `DelaySeconds is ${delay}`);
  return { MessageId: queue.send(body, delay), MD5OfMessageBody: md5Of(body) };
};

const changed = (queue: LocalQueue, { ReceiptHandle = '', VisibilityTimeout = 0 }: Input): object => {
  if (VisibilityTimeout < 0 || VisibilityTimeout > VISIBILITY_MAX) {
    throw new SqsError('InvalidParameterValue', `VisibilityTimeout is ${VisibilityTimeout}`);
  }
  if (!queue.changeVisibility(ReceiptHandle, VisibilityTimeout)) {
    throw new SqsError('MessageNotInflight', 'The message is not in flight.');
  }
  return {};
};

const removed = (queue: LocalQueue, { ReceiptHandle = '' }: Input): object => {
  queue.remove(ReceiptHandle);
  return {};
};

/** Runs an operation on each entry, and reports the results like SQS: a failing entry does not stop the others. */
const batch = (
  queue: LocalQueue,
  { Entries: entries = [] }: Input,
  operation: (queue: LocalQueue, entry: Entry) => object,
) => {
  if (entries.length === 0) throw new SqsError('EmptyBatchRequest', 'There are no entries.');
  if (entries.length > BATCH_MAX)
    throw new SqsError('TooManyEntriesInBatchRequest', 'There are more than 10.');
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new SqsError('BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
  }
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...operation(queue, entry) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.type, Message: error.message });
    }
  }
  return { Successful, Failed };
};

const receive = async (queue: LocalQueue, input: Input): Promise<object> => {
  const most = Math.min(BATCH_MAX, input.MaxNumberOfMessages ?? 1);
  const take = () => queue.receive(most, input.VisibilityTimeout);
  let messages = take();
  if (messages.length === 0 && (input.WaitTimeSeconds ?? 0) > 0) {
    await queue.whenVisible(AbortSignal.timeout((input.WaitTimeSeconds ?? 0) * 1000));
    messages = take();
  }
  if (messages.length === 0) return {};
  return {
    Messages: messages.map(({ messageId, receiptHandle, body, md5OfBody, attributes }) => ({
      MessageId: messageId,
      ReceiptHandle: receiptHandle,
      Body: body,
      MD5OfBody: md5OfBody,
      Attributes: attributes,
    })),
  };
};

const attributesOf = (queue: LocalQueue): object => {
  const { definition } = queue;
  const { visible, delayed } = queue.counts();
  return {
    Attributes: {
      QueueArn: definition.arn,
      ApproximateNumberOfMessages: String(visible),
      // Counts messages in flight together with delayed ones: this queue does not distinguish them.
      ApproximateNumberOfMessagesNotVisible: String(delayed),
      VisibilityTimeout: String(definition.visibilityTimeout),
    },
  };
};

type Operation = (queue: LocalQueue, input: Input) => object | Promise<object>;

/** The operations, each with IAM's name of its action. */
const operations: Readonly<Record<string, readonly [action: string, Operation]>> = {
  SendMessage: ['SendMessage', sent],
  SendMessageBatch: ['SendMessage', (queue, input) => batch(queue, input, sent)],
  ReceiveMessage: ['ReceiveMessage', receive],
  DeleteMessage: ['DeleteMessage', removed],
  DeleteMessageBatch: ['DeleteMessage', (queue, input) => batch(queue, input, removed)],
  ChangeMessageVisibility: ['ChangeMessageVisibility', changed],
  ChangeMessageVisibilityBatch: ['ChangeMessageVisibility', (queue, input) => batch(queue, input, changed)],
  GetQueueAttributes: ['GetQueueAttributes', attributesOf],
};

/** Amazon SQS for one machine: standard queues, in the AWS JSON 1.0 protocol. */
export const startSqs = async (options: {
  readonly queues: readonly QueueDefinition[];
  readonly dataDirectory: string;
  readonly host: string;
  readonly principals: Principals;
}): Promise<LocalSqs> => {
  mkdirSync(options.dataDirectory, { recursive: true, mode: 0o700 });
  let { principals } = options;
  const queues = new Map<string, LocalQueue>();
  const queueOf = (arn: string): LocalQueue => {
    const queue = queues.get(arn);
    if (queue === undefined) throw new Error(`There is no queue ${arn}`);
    return queue;
  };
  for (const definition of options.queues) {
    const file = join(options.dataDirectory, `${definition.name}.jsonl`);
    queues.set(
      definition.arn,
      openQueue(definition, file, (arn, body) => void queueOf(arn).send(body, 0)),
    );
  }

  const handle = async (target: string, authorization: string | undefined, body: string): Promise<object> => {
    const [action, operation] = operations[target] ?? [];
    if (action === undefined || operation === undefined) {
      throw new SqsError('UnsupportedOperation', `The local cloud does not know ${target}`);
    }
    if (Buffer.byteLength(body) > 2 * BYTES_MAX) throw new SqsError('BatchRequestTooLong', 'It is too long.');
    const input = JSON.parse(body) as Input;
    const queue = [...queues.values()].find(({ definition }) => definition.url === input.QueueUrl);
    if (queue === undefined) {
      throw new SqsError('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
    }
    const principal = principals.get(accessKeyOf(authorization) ?? '');
    const access = { action: `sqs:${action}`, resource: queue.definition.arn };
    if (principal !== undefined && !isAllowed(principal.statements, access)) {
      throw new SqsError('AccessDenied', refusalOf(principal, access));
    }
    return operation(queue, input);
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(body));
    };
    const serve = async (): Promise<void> => {
      try {
        const target = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
        answer(200, await handle(target, request.headers.authorization, await text(request)));
      } catch (error) {
        const type = error instanceof SqsError ? error.type : 'InternalFailure';
        const message = error instanceof Error ? error.message : 'unknown';
        answer(type === 'InternalFailure' ? 500 : 400, { __type: type, message });
      }
    };
    void serve();
  });
  const port = await listen(server, 0, options.host);
  return {
    url: `http://${options.host}:${port}`,
    description: `SQS: ${queues.size} queues in ${options.dataDirectory}, port ${port}`,
    queueOf,
    authorize: (next) => {
      principals = next;
    },
    stop: () => closeNow(server),
  };
};

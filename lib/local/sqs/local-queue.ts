import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { replaceFile } from '../replace-file.ts';

/** A queue that the templates describe. Times are in seconds. */
export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  /** SQS's URL of the queue; requests contain it in their body, but go to the local URL. */
  readonly url: string;
  readonly visibilityTimeout: number;
  readonly retention: number;
  readonly redrive?: { readonly arn: string; readonly maxReceiveCount: number };
}

/** A message of a queue. Times are in milliseconds since 1970. */
interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  /** When a consumer may receive it. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  /** The receipt handle of the latest delivery. */
  receipt: string;
}

/** A message as a consumer receives it. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: {
    readonly ApproximateReceiveCount: string;
    readonly SentTimestamp: string;
    readonly SenderId: string;
    readonly ApproximateFirstReceiveTimestamp: string;
  };
}

export interface LocalQueue {
  readonly definition: QueueDefinition;
  /** @returns the message's id */
  send(body: string, delaySeconds: number): string;
  /** Receives visible messages, which are then invisible to others for the visibility timeout. */
  receive(most: number, visibilityTimeout?: number): ReceivedMessage[];
  /** An unknown receipt is a no-op, as on AWS. */
  remove(receiptHandle: string): void;
  /** @returns whether the receipt handle belongs to a message in flight */
  changeVisibility(receiptHandle: string, seconds: number): boolean;
  counts(): { readonly visible: number; readonly delayed: number };
  /** Resolves when a message can be received; at once when one can. */
  whenVisible(signal: AbortSignal): Promise<void>;
}

export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');

/**
 * Milliseconds since 1970 as of the start of this process, and from there on by a clock that never steps back: after
 * such a step, messages would wait for as long as the step.
 */
const steadyNow = (): number => Math.floor(performance.timeOrigin + performance.now());

/** Number of lines beyond which a journal is rewritten with the current messages only. */
const COMPACT_LINES = 5000;

/**
 * A standard SQS queue in memory, with a journal: sent messages survive a crash of this process.
 *
 * @param file the journal
 * @param moveTo moves a message that has been received too often to the queue with this ARN
 */
export const openQueue = (
  definition: QueueDefinition,
  file: string,
  moveTo: (arn: string, body: string) => void,
  now: () => number = steadyNow,
): LocalQueue => {
  const messages = new Map<string, StoredMessage>();
  const waiting = new Set<() => void>();
  let lines = 0;

  const compact = (): void => {
    const text = [...messages.values()].map((message) => `${JSON.stringify(message)}\n`).join('');
    replaceFile(file, text);
    lines = messages.size;
  };
  const write = (entry: object): void => {
    const descriptor = openSync(file, 'a', 0o600);
    const { size } = fstatSync(descriptor);
    try {
      writeFileSync(descriptor, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      // A full disk takes a part of the line; the next line would be appended to it, and could not be read.
      ftruncateSync(descriptor, size);
      throw error;
    } finally {
      closeSync(descriptor);
    }
    lines += 1;
  };
  const compactIfLong = (): void => {
    if (lines <= COMPACT_LINES || lines <= 4 * messages.size) return;
    try {
      compact();
    } catch {
      // The journal has everything, and the next line tries again.
    }
  };
  // What cannot be written is not done: the caller gets the error.
  const store = (message: StoredMessage): void => {
    write(message);
    messages.set(message.id, message);
    compactIfLong();
  };
  const drop = (id: string): void => {
    write({ gone: id });
    messages.delete(id);
    compactIfLong();
  };

  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      try {
        const entry = JSON.parse(line) as StoredMessage | { readonly gone: string };
        if ('gone' in entry) messages.delete(entry.gone);
        else messages.set(entry.id, entry);
      } catch {
        // The last line of a process that was killed while writing: nobody was told that its message is stored.
      }
    }
  }
  compact();

  const withReceipt = (receiptHandle: string): StoredMessage | undefined => {
    const message = messages.get(receiptHandle.split(' ')[0] ?? '');
    return message?.receipt === receiptHandle ? message : undefined;
  };

  return {
    definition,

    send: (body, delaySeconds) => {
      const id = randomUUID();
      const sentAt = now();
      store({
        id,
        body,
        sentAt,
        visibleAt: sentAt + delaySeconds * 1000,
        receiveCount: 0,
        firstReceivedAt: 0,
        receipt: '',
      });
      for (const wake of waiting) wake();
      return id;
    },

    receive: (most, visibilityTimeout = definition.visibilityTimeout) => {
      const at = now();
      const received: ReceivedMessage[] = [];
      for (const message of messages.values()) {
        if (received.length === most) break;
        if (at - message.sentAt > definition.retention * 1000) {
          drop(message.id);
          continue;
        }
        if (message.visibleAt > at) continue;
        const { redrive } = definition;
        if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
          moveTo(redrive.arn, message.body);
          drop(message.id);
          continue;
        }
        const next: StoredMessage = {
          ...message,
          visibleAt: at + visibilityTimeout * 1000,
          receiveCount: message.receiveCount + 1,
          firstReceivedAt: message.firstReceivedAt === 0 ? at : message.firstReceivedAt,
          receipt: `${message.id} ${randomUUID()}`,
        };
        store(next);
        received.push({
          messageId: next.id,
          receiptHandle: next.receipt,
          body: next.body,
          md5OfBody: md5Of(next.body),
          attributes: {
            ApproximateReceiveCount: String(next.receiveCount),
            SentTimestamp: String(next.sentAt),
            SenderId: 'LOCAL',
            ApproximateFirstReceiveTimestamp: String(next.firstReceivedAt),
          },
        });
      }
      return received;
    },

    remove: (receiptHandle) => {
      const message = withReceipt(receiptHandle);
      if (message !== undefined) drop(message.id);
    },

    changeVisibility: (receiptHandle, seconds) => {
      const message = withReceipt(receiptHandle);
      if (message === undefined || message.visibleAt <= now()) return false;
      store({ ...message, visibleAt: now() + seconds * 1000 });
      for (const wake of waiting) wake();
      return true;
    },

    counts: () => {
      const at = now();
      const visible = [...messages.values()].filter(({ visibleAt }) => visibleAt <= at).length;
      return { visible, delayed: messages.size - visible };
    },

    whenVisible: (signal) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const look = (): void => {
          clearTimeout(timer);
          let earliest = Infinity;
          for (const { visibleAt } of messages.values()) earliest = Math.min(earliest, visibleAt);
          const wait = earliest - now();
          if (wait <= 0 || signal.aborted) done();
          else if (wait < Infinity) timer = setTimeout(look, Math.min(wait, 60_000));
        };
        waiting.add(look);
        signal.addEventListener('abort', done);
        look();
      }),
  };
};

/** The messages between the service and a worker. Events and results cross as JSON text, as on AWS. */

/** `workerData` of a worker. */
export interface RuntimeData {
  codeDirectory: string;
  handler: string;
  functionName: string;
  invokedFunctionArn: string;
  memorySizeMb: number;
  logGroupName: string;
  logStreamName: string;
}

export interface InvokeMessage {
  requestId: string;
  event: string;
  /** Milliseconds since 1970. */
  deadline: number;
}

/** What the function threw. */
export interface RuntimeFailure {
  errorType: string;
  errorMessage: string;
  /** For the log. */
  stack: string;
}

export type RuntimeMessage =
  | { kind: 'ready' }
  | { kind: 'output'; stream: 'stdout' | 'stderr'; text: string }
  | ({ kind: 'init-error' } & RuntimeFailure)
  | { kind: 'result'; result: string }
  | ({ kind: 'error' } & RuntimeFailure);

/** Lambda's limit of an event and of a result, in bytes: 6 MB. */
export const payloadLimit = 6 * 1024 * 1024;

/** Whether a text exceeds Lambda's payload limit. Counts bytes only for a text long enough to exceed it. */
export const exceedsPayloadLimit = (text: string): boolean =>
  text.length * 3 > payloadLimit && Buffer.byteLength(text) > payloadLimit;

/** A value as JSON; `null` for a value without JSON, such as undefined. @throws TypeError for cycles and bigints */
export const toJson = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text ?? 'null';
};

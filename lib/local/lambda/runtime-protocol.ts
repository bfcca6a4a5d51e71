import type { MessagePort } from 'node:worker_threads';

/**
 * The messages between the service and a worker. Events and results are transferred as JSON text, as on AWS.
 * `environment` is the number of an execution environment among those of its worker.
 */

/** A worker's connection to the thread of a server on this machine, at whose address its functions expect it. */
export interface ChannelToServer {
  readonly host: string;
  readonly port: number;
  /** A part of every request that the server may answer. */
  readonly accepts: string;
  /** Takes `Requests`, and delivers `Responses`. */
  readonly messages: MessagePort;
}

/** The data that a worker needs to load a function. */
export interface FunctionToLoad {
  readonly codeDirectory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly memorySizeMb: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** The function's `process.env`. */
  readonly variables: Readonly<Record<string, string>>;
}

export type ToWorker = { readonly environment: number } & (
  | ({ readonly kind: 'load' } & FunctionToLoad)
  | {
      readonly kind: 'invoke';
      readonly requestId: string;
      readonly event: string;
      /** Milliseconds since 1970. */
      readonly deadline: number;
    }
);

export type LoadMessage = Extract<ToWorker, { kind: 'load' }>;
export type InvokeMessage = Extract<ToWorker, { kind: 'invoke' }>;

/** What the function threw. */
export interface RuntimeFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  /** For the log. */
  readonly stack: string;
}

export type FromWorker = { readonly environment: number } & (
  | { readonly kind: 'ready' }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | ({ readonly kind: 'init-error' } & RuntimeFailure)
  | { readonly kind: 'result'; readonly result: string }
  | ({ readonly kind: 'error' } & RuntimeFailure)
  /** An uncaught error. The worker ends by itself if the environment was running, and otherwise when it is told to. */
  | { readonly kind: 'crash'; readonly stack: string }
);

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

/**
 * The messages between the service and a worker. Events and results are transferred as JSON text, as on AWS.
 * `environment` is the number of an execution environment among those of its worker.
 */

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

/** A server in the service's thread that answers requests without a connection (decision 86). */
export interface ServerInProcess {
  readonly host: string;
  readonly port: number;
}

/** Requests of functions to a server in the service's thread. */
export interface RequestsMessage {
  readonly kind: 'requests';
  readonly texts: readonly string[];
}

/** The responses to one `RequestsMessage`; undefined for a request that has to go through TCP. */
export interface ResponsesMessage {
  readonly kind: 'responses';
  readonly texts: readonly (string | undefined)[];
}

export type ToWorker = ToEnvironment | ResponsesMessage;

export type FromWorker = FromEnvironment | RequestsMessage;

export type ToEnvironment = { readonly environment: number } & (
  | ({ readonly kind: 'load' } & FunctionToLoad)
  | {
      readonly kind: 'invoke';
      readonly requestId: string;
      readonly event: string;
      /** Milliseconds since 1970. */
      readonly deadline: number;
    }
);

export type LoadMessage = Extract<ToEnvironment, { kind: 'load' }>;
export type InvokeMessage = Extract<ToEnvironment, { kind: 'invoke' }>;

/** What the function threw. */
export interface RuntimeFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  /** For the log. */
  readonly stack: string;
}

export type FromEnvironment = { readonly environment: number } & (
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

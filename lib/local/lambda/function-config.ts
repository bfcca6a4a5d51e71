/** A function, as the template describes it. */
export interface LambdaFunctionConfig {
  functionName: string;
  /** The folder with the bundle: `index.mjs` for the handler `index.handler`. */
  codeDirectory: string;
  /** `<file>.<export>`. */
  handler: string;
  /** The variables of the template. They override those that the runtime sets itself. */
  environment: Record<string, string>;
  timeoutMs: number;
  memorySizeMb: number;
  /** Further concurrent invocations are throttled, as on AWS. */
  reservedConcurrency?: number;
}

/** The account and region that functions see. */
export interface LambdaLocation {
  accountId: string;
  region: string;
}

/** The data of Lambda's REPORT line. */
export interface InvocationReport {
  functionName: string;
  requestId: string;
  /** From sending the event to the worker until its result arrives. */
  durationMs: number;
  /** How long loading the bundle took; only for the first invocation of an environment. */
  initDurationMs?: number;
  /** Missing when the invocation succeeded. */
  errorType?: string;
}

/** What a runtime is told at its start. */
export interface RuntimeSettings {
  readonly functionName: string;
  readonly functionArn: string;
  /** Folder with the bundle. */
  readonly codeDirectory: string;
  /** `file.export`, the file without its ending. */
  readonly handler: string;
  readonly memorySizeMb: number;
  readonly logStreamName: string;
}

/** An event for a runtime. */
export interface ToRuntime {
  /** JSON. */
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a runtime answers. */
export type FromRuntime =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; /** JSON. */ readonly result: string }
  | ({ readonly kind: 'init-error' } & Failure)
  | ({ readonly kind: 'error' } & Failure);

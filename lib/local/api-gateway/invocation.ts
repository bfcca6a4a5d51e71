import type { Invoke } from './definitions.ts';

/** How an invocation ended, as the gateway sees it. */
export type InvocationOutcome =
  | { kind: 'result'; result: unknown }
  /** The integration's own time limit ran out; the function may still be running. */
  | { kind: 'integration-timeout' }
  | { kind: 'function-error'; errorType: string; message: string };

/** Invokes a function and waits at most `timeoutMs`. Never rejects. */
export const invokeWithin = async (
  invoke: Invoke,
  functionName: string,
  event: unknown,
  timeoutMs: number,
): Promise<InvocationOutcome> => {
  let timer: NodeJS.Timeout | undefined;
  const timeLimit = new Promise<InvocationOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'integration-timeout' }), timeoutMs);
    // A stopped gateway does not keep its process alive for a function that never answers.
    timer.unref();
  });
  const outcome = await Promise.race([call(invoke, functionName, event), timeLimit]);
  clearTimeout(timer);
  return outcome;
};

/** A log line about an invocation without a result. */
export const failureLine = (what: string, functionName: string, outcome: InvocationOutcome): string => {
  if (outcome.kind === 'function-error') {
    return `${what}: ${functionName} failed: ${outcome.errorType}: ${outcome.message}`;
  }
  return outcome.kind === 'integration-timeout'
    ? `${what}: ${functionName} did not answer within the integration's time limit`
    : `${what}: ${functionName} returned what the gateway cannot use`;
};

const call = async (invoke: Invoke, functionName: string, event: unknown): Promise<InvocationOutcome> => {
  try {
    return { kind: 'result', result: await invoke(functionName, event) };
  } catch (error) {
    return { kind: 'function-error', ...describe(error) };
  }
};

const describe = (error: unknown): { errorType: string; message: string } => {
  if (!(error instanceof Error)) return { errorType: 'Error', message: String(error) };
  const errorType =
    'errorType' in error && typeof error.errorType === 'string' ? error.errorType : error.name;
  return { errorType, message: error.message };
};

import type { Invoke } from '../../../lib/local/api-gateway/definitions.ts';

export type FakeHandler = (event: never) => unknown;

/** The functions of a test: their responses, and the events that they received. */
export interface FakeFunctions {
  invoke: Invoke;
  /** The next event that a function got, in the order of arrival; waits for it when it has not come yet. */
  next(functionName: string): Promise<unknown>;
  /** How many events nobody has taken with `next`. */
  pending(functionName: string): number;
}

export const fakeFunctions = (handlers: Record<string, FakeHandler>): FakeFunctions => {
  const arrived = new Map<string, unknown[]>();
  const waiting = new Map<string, ((event: unknown) => void)[]>();
  return {
    async invoke(functionName, event) {
      // Lambda hands over text; a test sees what a function would.
      const copy: unknown = JSON.parse(JSON.stringify(event));
      const waiter = waiting.get(functionName)?.shift();
      if (waiter === undefined) arrived.set(functionName, [...(arrived.get(functionName) ?? []), copy]);
      else waiter(copy);
      return handlers[functionName]?.(copy as never);
    },
    next(functionName) {
      const [first, ...rest] = arrived.get(functionName) ?? [];
      if (first !== undefined) {
        arrived.set(functionName, rest);
        return Promise.resolve(first);
      }
      return new Promise((resolve) => {
        waiting.set(functionName, [...(waiting.get(functionName) ?? []), resolve]);
      });
    },
    pending: (functionName) => arrived.get(functionName)?.length ?? 0,
  };
};

/** An error like those of the emulated Lambda. */
export const functionError = (errorType: string, message = 'failed'): Error =>
  Object.assign(new Error(message), { errorType });

/** A promise that the test settles. */
export const gate = <T = void>(): { open: (value: T) => void; opened: Promise<T> } => {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { open: resolve, opened: promise };
};

/** The keys and types of a value without its contents, for comparing the shapes of two events. */
export const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, shapeOf(Reflect.get(value, key))]),
  );
};

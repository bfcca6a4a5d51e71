import { StoreUnavailableError } from '../platform/store-unavailable.ts';

/** Clients hear within six seconds that a store is down, however many were waited for in a row. */
const DEADLINE_MS = 5500;

/** The result of the work, or `StoreUnavailableError` when the stores take too long. */
export const withDeadline = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailableError('a store', new Error('The deadline of the request has passed'))),
      DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
};

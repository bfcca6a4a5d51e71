import { StoreUnavailableError } from '../platform/store-unavailable.ts';

/** Clients learn within six seconds that a store is down, whatever the sum of the stores' own timeouts. */
const DEADLINE_MS = 5500;

/** Awaits work on the stores. @throws StoreUnavailableError when it takes longer than `DEADLINE_MS` */
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

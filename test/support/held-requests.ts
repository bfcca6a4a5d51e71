import { settle } from './fake-platform.ts';

/** Requests that are answered when the test decides. */
export const createHeldRequests = () => {
  const requests: PromiseWithResolvers<string>[] = [];
  return {
    requests,
    request: (): Promise<string> => {
      const one = Promise.withResolvers<string>();
      requests.push(one);
      return one.promise;
    },
    answer: async (index: number, text: string): Promise<void> => {
      requests[index]?.resolve(text);
      await settle();
    },
    refuse: async (index: number): Promise<void> => {
      requests[index]?.reject(new Error('refused'));
      await settle();
    },
  };
};

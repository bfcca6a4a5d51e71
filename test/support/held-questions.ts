import { settle } from './fake-platform.ts';

/** Requests that are answered when the test decides. */
export const createQuestions = () => {
  const asked: PromiseWithResolvers<string>[] = [];
  return {
    asked,
    question: (): Promise<string> => {
      const one = Promise.withResolvers<string>();
      asked.push(one);
      return one.promise;
    },
    answer: async (index: number, text: string): Promise<void> => {
      asked[index]?.resolve(text);
      await settle();
    },
    refuse: async (index: number): Promise<void> => {
      asked[index]?.reject(new Error('refused'));
      await settle();
    },
  };
};

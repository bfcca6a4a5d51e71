import { queueAt } from '../gateways/queue.ts';

/** Has a message of the queue at an address come back later. */
export const comeBack = (url: string, receiptHandle: string, seconds: number): Promise<void> =>
  queueAt(url).comeBack(receiptHandle, seconds);

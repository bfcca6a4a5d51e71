import { queueAt } from '../gateways/queue.ts';

/** Makes a message of the queue with this URL visible again after some seconds. */
export const redeliverAfter = (url: string, receiptHandle: string, seconds: number): Promise<void> =>
  queueAt(url).changeVisibility(receiptHandle, seconds);

import type { Prices } from './prices-2026-11.ts';

/**
 * Assumptions: what Lambda would bill for a warm function, and how many messages a batch of a queue has. On a quiet stage
 * each push is a batch of its own; a busy one fills them.
 */
export const pushAssumptions = {
  gigabytes: 0.5,
  /** To decide on a message: five requests to stores in four trips, and the encryption. */
  decideMilliseconds: 60,
  /** To send a batch: claims, the push service of another company, notes; side by side. */
  sendMilliseconds: 150,
  /** Devices that are pushed of one message. */
  devicesPerMessage: 3,
  /** What a push, its proof and the answer send, outside of the VPC: free on its way in, and no NAT on its way out. */
  bytesOut: 2000,
} as const;

/** What a push takes, by what is paid for. A request to SQS is to send, to receive or to delete. */
const demandsOf = (pushesPerBatch: number) => {
  const { gigabytes, decideMilliseconds, sendMilliseconds, devicesPerMessage } = pushAssumptions;
  const messages = 1 / devicesPerMessage;
  return {
    // The wake of a message: sent, received, deleted. Its pushes: one request for ten.
    sqsRequests: messages * 3 + messages * Math.ceil(devicesPerMessage / 10) + 2 / pushesPerBatch,
    invocations: messages + 1 / pushesPerBatch,
    gbSeconds: (gigabytes * (messages * decideMilliseconds + sendMilliseconds / pushesPerBatch)) / 1000,
    // A claim and its note; a connection and a session are looked up for each device.
    writes: 2,
    reads: 2,
  };
};

/** US dollars for a million pushes. @param pushesPerBatch 1 on a quiet stage, 10 on a busy one */
export const millionPushes = (prices: Prices, pushesPerBatch: number): number => {
  const { sqsRequests, invocations, gbSeconds, writes, reads } = demandsOf(pushesPerBatch);
  return (
    sqsRequests * prices.sqs.perMillionRequests +
    invocations * prices.lambda.perMillionRequests +
    gbSeconds * 1e6 * prices.lambda.perGbSecond +
    writes * prices.dynamodb.perMillionWrites +
    reads * prices.dynamodb.perMillionReads +
    (pushAssumptions.bytesOut / 1e3) * prices.network.perGbOut
  );
};

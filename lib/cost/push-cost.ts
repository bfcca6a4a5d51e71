import type { Prices } from './prices-2026-11.ts';

/**
 * Assumptions: Lambda's billed times for a warm function, and the size of a queue's batches. On a quiet stage each push
 * is a batch of its own; on a busy one batches are full.
 */
const pushAssumptions = {
  gigabytes: 0.5,
  /** For a message: five requests to stores in four sequential steps, and the encryption. */
  decideMilliseconds: 60,
  /** For a batch: claims, requests to a third party's push service, and notes, all pushes in parallel. */
  sendMilliseconds: 150,
  /** The number of devices that get a push for one message. */
  devicesPerMessage: 3,
  /**
   * The bytes of a push, its proof and the response. The function runs outside of the VPC: incoming data are free, and
   * outgoing data do not pass a NAT gateway.
   */
  bytesOut: 2000,
} as const;

/** The billed quantities of one push. Sending, receiving and deleting are separate requests to SQS. */
const demandsOf = (pushesPerBatch: number) => {
  const { gigabytes, decideMilliseconds, sendMilliseconds, devicesPerMessage } = pushAssumptions;
  const messages = 1 / devicesPerMessage;
  return {
    // The queued message is sent, received and deleted; its pushes are sent ten per request.
    sqsRequests: messages * 3 + messages * Math.ceil(devicesPerMessage / 10) + 2 / pushesPerBatch,
    invocations: messages + 1 / pushesPerBatch,
    gbSeconds: (gigabytes * (messages * decideMilliseconds + sendMilliseconds / pushesPerBatch)) / 1000,
    // The writes are the claim and its note; the reads are the device's connection and session.
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

import { publish, type Outcome } from '../events/publish.ts';
import { awaitAll } from '../platform/await-all.ts';
import { answer } from './http.ts';

/** Publishes the events of a service function, and runs its `afterCommit` concurrently. */
const publishing =
  ({ events, afterCommit }: Outcome<unknown>) =>
  async (): Promise<void> => {
    await awaitAll([publish(events), afterCommit?.()]);
  };

/** A response with the result of a service function, whose events are published. */
export const published = <const Status extends number, Result>(status: Status, outcome: Outcome<Result>) =>
  publishedAs(status, outcome.result, outcome);

/** A response with a body other than the result of a service function, whose events are published. */
export const publishedAs = <const Status extends number, Body>(
  status: Status,
  body: Body,
  outcome: Outcome<unknown>,
) => answer(status, body, { afterwards: publishing(outcome) });

/** The reply to a frame, if any, and the events of a service function, which are published concurrently with it. */
export const publishedFrame = <Frame extends object = never>(outcome: Outcome<unknown>, frame?: Frame) => ({
  ...(frame === undefined ? {} : { frame }),
  afterwards: publishing(outcome),
});
